/** What a screen is, and a button that reads it anew. */
export const ScreenHead = ({ title, onAgain }: { title: string; onAgain: () => void }) => (
  <div class="screen-head">
    <h2>{title}</h2>
    <button type="button" onClick={onAgain}>
      Look again
    </button>
  </div>
);
