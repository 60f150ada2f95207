interface SegmentsProps<Value extends string> {
  /** For those who do not see that it is a choice. */
  readonly legend: string;
  readonly name: string;
  readonly options: readonly (readonly [value: Value, words: string])[];
  readonly value: Value;
  onChange(value: Value): void;
}

/** One of a few, side by side. */
export function Segments<Value extends string>(props: SegmentsProps<Value>) {
  const { legend, name, options, value, onChange } = props;
  return (
    <fieldset class="segments">
      <legend class="unseen">{legend}</legend>
      {options.map(([one, words]) => (
        <label key={one}>
          <input
            type="radio"
            name={name}
            class="unseen"
            checked={value === one}
            onChange={() => onChange(one)}
          />
          <span>{words}</span>
        </label>
      ))}
    </fieldset>
  );
}
