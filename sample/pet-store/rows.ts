/** The name of the variable that tells the sample's functions where pets are. */
export const PETS_TABLE_VARIABLE = 'PETS_TABLE_NAME';

/** One pet of one tenant. */
export interface PetRow {
  readonly tenant: string;
  readonly petId: string;
  readonly name: string;
  readonly kind: string;
  /** In dollars. */
  readonly price: number;
  readonly status?: string;
  /** Counts the updates: whoever writes names the one that they read. */
  readonly version: number;
}
