import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import type { Refused } from '../accounts.ts';

/** A form that is sent once at a time; after a refusal the focus is where it can be mended. */
export function useSubmit(send: () => Promise<Refused | undefined>, orElse: Refused['field']) {
  const form = useRef<HTMLFormElement>(null);
  const busy = useSignal(false);
  const refused = useSignal<Refused | undefined>(undefined);

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (busy.value) return;
    busy.value = true;
    refused.value = undefined;
    refused.value = await send();
    busy.value = false;
    if (!refused.value) return;
    const name = refused.value.field === 'system' ? orElse : refused.value.field;
    const input = form.current?.elements.namedItem(name);
    if (input instanceof HTMLInputElement) input.select();
  }

  return {
    form,
    submit: (event: Event) => void submit(event),
    busy: busy.value,
    refused: refused.value,
    /** What was refused is being changed. */
    mend(field: Refused['field']) {
      if (refused.value?.field === field) refused.value = undefined;
    },
  };
}
