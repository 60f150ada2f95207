import { formatTime } from '../format.ts';
import type { WireLine } from '../wire.ts';

/** The latest frames of one socket, newest first. */
export function WireView({ lines, name }: { lines: readonly WireLine[]; name: string }) {
  return (
    <details class="wire">
      <summary>
        On {name}'s wire <span class="count">{lines.length}</span>
      </summary>
      {lines.length === 0 && <p class="empty">No frame yet. The first is the authentication.</p>}
      <ol>
        {lines.map((line) => (
          <li key={line.id}>
            <details>
              <summary>
                <span class={`way way-${line.direction}`}>
                  {line.direction === 'in' ? '↓' : '↑'}
                </span>
                <span class="unseen">{line.direction === 'in' ? 'received' : 'sent'}</span>
                <span class="frame-type">{line.type}</span>
                <span class="frame-about">{line.about}</span>
                <time>{formatTime(line.at)}</time>
                {line.notes.length > 0 && (
                  <span class="frame-notes">
                    {line.notes.map(({ kind, text }) => (
                      <span key={text} class={`note note-${kind}`}>
                        {text}
                      </span>
                    ))}
                  </span>
                )}
              </summary>
              <pre>{line.json}</pre>
            </details>
          </li>
        ))}
      </ol>
    </details>
  );
}
