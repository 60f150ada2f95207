import { useSignal } from '@preact/signals';

const THANKS_MS = 1_500;

export function CopyButton({ what, text }: { what: string; text: string }) {
  const done = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    done.value = true;
    setTimeout(() => {
      done.value = false;
    }, THANKS_MS);
  };
  return (
    <button type="button" class="quiet" aria-label={`Copy ${what}`} onClick={() => void copy()}>
      {done.value ? 'Copied' : 'Copy'}
    </button>
  );
}
