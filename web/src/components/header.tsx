import { facts } from '../stage.ts';
import { CopyButton } from './copy-button.tsx';
import { SectionNav } from './section-nav.tsx';
import { ThemeSwitch } from './theme-switch.tsx';

export function Header() {
  const found = facts.value;
  return (
    <header>
      <div class="masthead">
        <h1>Switchboard</h1>
        <p class="lead">
          {found?.isStage === false
            ? `You look after ${found.name}, with your own credentials.`
            : 'What one person changes, the other sees. Change a pet and watch.'}
        </p>
        <ThemeSwitch />
      </div>
      <dl class="addresses">
        <Address name="WebSocket" url={found?.webSocketUrl} />
        <Address name="HTTP" url={found?.httpUrl} />
        {found?.isStage !== false && (
          <Address name={found ? `AWS, ${found.region}` : 'AWS'} url={found?.awsUrl} />
        )}
      </dl>
      {found?.isStage !== false && <SectionNav />}
    </header>
  );
}

function Address({ name, url }: { name: string; url: string | undefined }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <code>{url ?? '…'}</code>
        {url && <CopyButton what={`the ${name} address`} text={url} />}
      </dd>
    </div>
  );
}
