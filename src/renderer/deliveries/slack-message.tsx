/** A message as Slack lays it out: header, fields in two columns, sections, small print. Everything is text. */
import type { PreviewBlock, RiskLevel } from '../../pipeline/events.ts';

export function SlackMessage({
  blocks,
  level,
  at,
}: {
  readonly blocks: readonly PreviewBlock[];
  readonly level: RiskLevel;
  /** Time of day beside the sender's name; empty before it is sent. */
  readonly at: string;
}) {
  return (
    <article className={`slack-message tone-${EDGE[level]}`} aria-label="Message in Slack">
      <span className="slack-avatar" aria-hidden>
        S
      </span>
      <div className="slack-body">
        <div className="slack-author">
          Sluice <span className="tag">APP</span> <span className="ink-3">{at}</span>
        </div>
        {blocks.map((block, index) => (
          <Block key={index} block={block} />
        ))}
      </div>
    </article>
  );
}

function Block({ block }: { readonly block: PreviewBlock }) {
  switch (block.kind) {
    case 'header':
      return <div className="slack-header">{block.lines.join(' ')}</div>;
    case 'fields':
      return (
        <dl className="slack-fields">
          {block.fields.map(({ name, value }) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      );
    case 'section':
      return (
        <div className="slack-section">
          {block.lines.map((line, index) => (
            <div key={index}>{line}</div>
          ))}
        </div>
      );
    case 'context':
      return <div className="slack-context">{block.lines.join(' ')}</div>;
    case 'link':
      // Shown, not followed: the window opens no address that came from elsewhere.
      return (
        <div className="slack-context" title={block.url}>
          <span className="slack-link">{block.text}</span>
        </div>
      );
  }
}

const EDGE = { HIGH: 'high', MEDIUM: 'med', LOW: 'low' } as const;
