import type { Accounts } from '../accounts.ts';
import type { Playground } from '../playground.ts';
import type { StageFacts } from '../stage.ts';
import type { Watch } from '../watch.ts';
import { AccountArea } from './account-area.tsx';
import { Happenings } from './happenings.tsx';
import { OnlineList } from './online-list.tsx';

interface PeopleProps {
  readonly accounts: Accounts;
  readonly playground: Playground;
  readonly watch: Watch | undefined;
  readonly invitation: StageFacts['invitation'];
}

/** Who there is, how one gets in, and who comes and goes. */
export function People({ accounts, playground, watch, invitation }: PeopleProps) {
  return (
    <div class="there">
      <AccountArea accounts={accounts} invitation={invitation} />
      {watch ? (
        <div class="comings">
          <OnlineList watch={watch} people={playground.acquainted.value} />
          <Happenings watch={watch} people={playground.acquainted.value} />
        </div>
      ) : (
        <p class="empty">
          This stage has nobody to look on as. <code>npm start</code> makes somebody.
        </p>
      )}
    </div>
  );
}
