import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Change, Pet } from '../store.ts';

interface PetFormProps {
  readonly pet: Pet;
  readonly blocked: boolean;
  onSave(change: Change): void;
  onCancel(): void;
}

export function PetForm({ pet, blocked, onSave, onCancel }: PetFormProps) {
  const name = useRef<HTMLInputElement>(null);
  const price = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    name.current?.focus();
    name.current?.select();
  }, []);

  const submit = (event: Event) => {
    event.preventDefault();
    onSave({
      name: name.current?.value.trim() ?? pet.name,
      price: price.current?.valueAsNumber ?? pet.price,
    });
  };
  return (
    <form
      class="pet-form"
      onSubmit={submit}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onCancel();
      }}
    >
      <label>
        Name
        <input
          ref={name}
          name="name"
          required
          maxLength={60}
          autoComplete="off"
          defaultValue={pet.name}
        />
      </label>
      <label>
        Price
        <input
          ref={price}
          name="price"
          type="number"
          required
          min={0}
          max={1_000_000}
          step="0.01"
          defaultValue={String(pet.price)}
        />
      </label>
      <div class="pet-actions">
        <button type="submit" class="strong" disabled={blocked}>
          Save
        </button>
        <button type="button" onClick={onCancel}>
          Cancel
        </button>
      </div>
    </form>
  );
}
