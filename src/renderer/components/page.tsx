/** The frame of a screen: one head with its title and actions, one body. */
import type { ReactNode } from 'react';

interface PageProps {
  readonly title: string;
  readonly sub?: string;
  readonly actions?: ReactNode;
  /** True when the screen's own lists scroll and the page does not. */
  readonly fixed?: boolean;
  readonly children: ReactNode;
}

export function Page({ title, sub, actions, fixed = false, children }: PageProps) {
  return (
    <>
      <header className="page-head">
        <h1>{title}</h1>
        {sub && <span className="sub text ink-3 cut">{sub}</span>}
        <span className="grow" />
        {actions}
      </header>
      {/* Reachable by keyboard, because it scrolls. */}
      <div className={`page-body ${fixed ? 'fixed' : ''}`} tabIndex={fixed ? undefined : -1}>
        {children}
      </div>
    </>
  );
}

interface CardProps {
  readonly title: ReactNode;
  readonly sub?: ReactNode;
  readonly actions?: ReactNode;
  readonly className?: string;
  readonly children: ReactNode;
}

export function Card({ title, sub, actions, className = '', children }: CardProps) {
  return (
    <section className={`card ${className}`}>
      <div className="card-head">
        {typeof title === 'string' ? <h2>{title}</h2> : title}
        {sub && <span className="text ink-3 cut">{sub}</span>}
        <span className="grow" />
        {actions}
      </div>
      {children}
    </section>
  );
}

export function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="col">
      <span className="label nowrap">{label}</span>
      <span className="value">{children}</span>
    </div>
  );
}
