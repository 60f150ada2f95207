import { effect, signal } from '@preact/signals';

const KEY = 'switchboard.operate';

/** The operator may act; of this tab, until it is closed. */
export const isOperating = signal(sessionStorage.getItem(KEY) === 'yes');

effect(() => {
  sessionStorage.setItem(KEY, isOperating.value ? 'yes' : 'no');
});
