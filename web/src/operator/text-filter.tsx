interface TextFilterProps {
  readonly label: string;
  readonly value: string;
  readonly placeholder?: string;
  /** `input` with each letter, `change` when it is left or entered. @default input */
  readonly on?: 'input' | 'change';
  onValue(value: string): void;
}

/** A short text with its name above it. */
export function TextFilter({ label, value, placeholder, on = 'input', onValue }: TextFilterProps) {
  const told = ({ currentTarget }: { currentTarget: HTMLInputElement }) =>
    onValue(currentTarget.value);
  return (
    <label class="filter">
      <span>{label}</span>
      <input
        type="text"
        value={value}
        placeholder={placeholder}
        spellcheck={false}
        autoComplete="off"
        {...(on === 'input' ? { onInput: told } : { onChange: told })}
      />
    </label>
  );
}

interface KeptFilterProps extends Omit<TextFilterProps, 'value' | 'onValue'> {
  /** Where the text is kept, as a `parameter` of the URL is. */
  readonly kept: { value: string };
}

/** The same, of a text that is kept somewhere. What is entered as a whole has no blanks around it. */
export const KeptFilter = ({ kept, ...props }: KeptFilterProps) => (
  <TextFilter
    {...props}
    value={kept.value}
    onValue={(typed) => {
      kept.value = props.on === 'change' ? typed.trim() : typed;
    }}
  />
);
