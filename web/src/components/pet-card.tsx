import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { formatPrice } from '../format.ts';
import type { Mark, Person } from '../person.ts';
import type { Pet } from '../store.ts';
import { MarkLine } from './mark-line.tsx';
import { PetForm } from './pet-form.tsx';

export function PetCard({ pet, person }: { pet: Pet; person: Person }) {
  /** The pet as it was when the form was opened: what it is saved upon. */
  const editing = useSignal<Pet | undefined>(undefined);
  const editButton = useRef<HTMLButtonElement>(null);
  const mark = person.marks.value[pet.petId];
  const card = useRef<HTMLLIElement>(null);
  useFlash(card, mark);

  const offline = !person.plugged.value;
  const raise = (by: number) => () => void person.raise(pet.petId, by);
  const close = () => {
    editing.value = undefined;
    // The button is back only after the next rendering.
    requestAnimationFrame(() => editButton.current?.focus());
  };

  return (
    <li class="pet" ref={card} data-pet={pet.petId}>
      <span class={`badge badge-${hueOf(pet.kind)}`} aria-hidden="true">
        {pet.name.slice(0, 1)}
      </span>
      <div class="pet-words">
        <h3>{pet.name}</h3>
        <p class="small">
          {pet.kind} · v{pet.version} <MarkLine mark={mark} name={person.name} />
        </p>
      </div>
      <p class="price">{formatPrice(pet.price)}</p>
      {editing.value ? (
        <PetForm
          pet={editing.value}
          blocked={offline}
          onCancel={close}
          onSave={(change) => {
            const from = editing.value ?? pet;
            close();
            void person.save(from, change);
          }}
        />
      ) : (
        <div class="pet-actions">
          <button
            type="button"
            disabled={offline}
            onClick={raise(-1)}
            aria-label={`${pet.name} costs 1 less`}
          >
            −
          </button>
          <button
            type="button"
            disabled={offline}
            onClick={raise(1)}
            aria-label={`${pet.name} costs 1 more`}
          >
            +
          </button>
          <button
            type="button"
            ref={editButton}
            disabled={offline}
            aria-label={`Edit ${pet.name}`}
            onClick={() => {
              editing.value = pet;
            }}
          >
            Edit
          </button>
        </div>
      )}
    </li>
  );
}

/** One of the stylesheet's hues, the same for every pet of a kind. */
const hueOf = (kind: string): number =>
  [...kind].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % 6;

/** Lets a card light up once for each message that reaches it. */
function useFlash(card: { current: HTMLElement | null }, mark: Mark | undefined): void {
  const reached = mark?.kind === 'arrived' || mark?.kind === 'recovered' ? mark.turn : 0;
  useEffect(() => {
    if (!reached || !card.current) return;
    card.current.classList.remove('flash');
    // Read, so that the animation begins anew when the next message comes during it.
    void card.current.offsetWidth;
    card.current.classList.add('flash');
  }, [reached, card]);
}
