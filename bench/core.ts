/** Switchboard with the pet store, without samples that listen to every event: they would be measured too. */
export const CORE = { 'switchboard:samples': 'pet-store' } as const;
