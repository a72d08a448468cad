import { Checkbox } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import { RISK_LEVELS, type FraudView } from '../../pipeline/events.ts';
import { RiskWord } from '../components/status.tsx';
import { facet, toggle, type FraudFilter } from './filter.ts';

interface FiltersProps {
  readonly frauds: readonly FraudView[];
  readonly filter: FraudFilter;
  readonly onChange: (filter: FraudFilter) => void;
}

export function Filters({ frauds, filter, onChange }: FiltersProps) {
  return (
    <div className="filters" role="group" aria-label="Filters">
      <fieldset>
        <legend>Risk</legend>
        {RISK_LEVELS.map((level) => (
          <Choice
            key={level}
            label={<RiskWord level={level} />}
            number={frauds.filter((fraud) => fraud.level === level).length}
            checked={filter.levels.includes(level)}
            onChange={() => onChange({ ...filter, levels: toggle(filter.levels, level) })}
          />
        ))}
      </fieldset>
      <Facet
        title="Category"
        values={facet(frauds, ({ category }) => category)}
        chosen={filter.categories}
        onToggle={(value) => onChange({ ...filter, categories: toggle(filter.categories, value) })}
      />
      <Facet
        title="State"
        values={facet(frauds, ({ state }) => state)}
        chosen={filter.states}
        onToggle={(value) => onChange({ ...filter, states: toggle(filter.states, value) })}
      />
    </div>
  );
}

interface FacetProps {
  readonly title: string;
  readonly values: readonly (readonly [string, number])[];
  readonly chosen: readonly string[];
  readonly onToggle: (value: string) => void;
}

const SHORT = 6;

function Facet({ title, values, chosen, onToggle }: FacetProps) {
  const [whole, setWhole] = useState(false);
  if (values.length === 0) return null;
  // What is ticked stays in sight, however rare it has become.
  const shown = whole ? values : values.filter(([value], index) => index < SHORT || chosen.includes(value));
  return (
    <fieldset>
      <legend>{title}</legend>
      {shown.map(([value, number]) => (
        <Choice
          key={value}
          label={value}
          number={number}
          checked={chosen.includes(value)}
          onChange={() => onToggle(value)}
        />
      ))}
      {values.length > shown.length && (
        <button className="link text" onClick={() => setWhole(true)}>
          {values.length - shown.length} more
        </button>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly label: ReactNode;
  readonly number: number;
  readonly checked: boolean;
  readonly onChange: () => void;
}

function Choice({ label, number, checked, onChange }: ChoiceProps) {
  return (
    <label className="choice">
      <Checkbox checked={checked} onChange={onChange} />
      <span className="grow cut">{label}</span>
      <span className="ink-3">{number}</span>
    </label>
  );
}
