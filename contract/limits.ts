/** Every number that is a promise or a bound, once, with its unit in its name and its reason beside it. */

// ── Connections ────────────────────────────────────────────────────────────────────────────────
/** [S1-05] A socket that has not authenticated by then is closed. */
export const AUTHENTICATE_WITHIN_SECONDS = 5;
/** `$connect` may not outlast its own reaper, whose message is sent before the row: 3 s against 5 s of delay. */
export const CONNECT_TIMEOUT_SECONDS = 3;
/** A DELETE while `$connect` still runs answers 410 and the socket opens afterwards: ask again. */
export const REAP_AGAIN_AFTER_SECONDS = 2;
export const REAP_TRIES = 6;
/** API Gateway closes every socket at this age. */
export const SOCKET_MOST_SECONDS = 7200;
/** [S4-01] What a connection's row lives from its handshake on, unless something moves it. */
export const CONNECTION_TTL_SECONDS = 3600;
/**
 * What it lives from each sign of life on: longer than any socket, so that one write, the bind's, lasts
 * for good. The sweep takes the dead out long before.
 */
export const LIVING_TTL_SECONDS = SOCKET_MOST_SECONDS + 600;
/** How long a tombstone refuses a late `$connect` or bind; API Gateway never reuses ids that fast. */
export const TOMBSTONE_TTL_SECONDS = 3600;
/** A sign of life is written only when the last written one is older than this: no write per ping. */
export const FRESH_FOR_SECONDS = 600;
/**
 * [S4-05] A 410 about a connection younger than this is asked again before it counts. Who is refused at a limit may
 * try again after as long [S3-07]: then everybody can be judged who is there now.
 */
export const YOUNG_CONNECTION_SECONDS = 60;
/** After so many refused tokens the socket is closed. */
export const AUTHENTICATE_ATTEMPTS = 3;

/** [S3-01] From `POST /ticket` to the handshake: a page needs a fraction of a second. */
export const TICKET_SECONDS = 30;

/** [S3-11] Of the lists of addresses and pages together: Lambda's environment has 4 KB, rules of topics take a half. */
export const DOOR_LISTS_CHARACTERS = 1000;

// ── Sessions ───────────────────────────────────────────────────────────────────────────────────
/**
 * [S0-10] A session without a connection ends after this. A phone that changes cells or a page that
 * reloads is back within ten seconds; the client's backoff reaches 20 s on its fifth try. SQS delays
 * at most 900 s.
 */
export const GRACE_SECONDS = 30;
export const GRACE_SECONDS_MOST = 900;
/** [S3-07] Live sessions of one user, where the operator chooses no other number. */
export const SESSIONS_PER_USER = 50;
/** Each of them is a member of the player's row, which is written whole: 500 ids are 20 KB. */
export const SESSIONS_PER_USER_MOST = 500;
/** [S3-07] Of one session: its client needs one, and for a moment, when it reconnects, another. */
export const CONNECTIONS_PER_SESSION = 10;
/** Each of them gets every message. */
export const CONNECTIONS_PER_SESSION_MOST = 100;
/** Sessions that are asked about side by side when a user has too many. */
export const SESSIONS_PROBED_AT_ONCE = 16;
export const SUBSCRIPTIONS_PER_SESSION = 500;
/** Written side by side when a session ends or comes back. */
export const SUBSCRIPTIONS_AT_ONCE = 32;

// ── Notifications ──────────────────────────────────────────────────────────────────────────────
/** [S1-11] [S1-10] How long missed messages can be read, and ended sessions revived. */
export const RETENTION_SECONDS = 6 * 3600;
export const TOPICS_PER_PUBLISH = 10;
export const NOTIFICATION_ID_CHARACTERS = 64;
/** One frame of API Gateway, either way, and one billed message. */
export const FRAME_BYTES = 32 * 1024;
/** What API Gateway takes as one message to a client, in several frames: each 32 KB of it is billed. */
export const MESSAGE_BYTES = 128 * 1024;
/** The largest payload: with its key it is an item of DynamoDB, which has 400 KB. */
export const PAYLOAD_BYTES = 350 * 1024;
/** A reply travels as one message of at most 128 KB; this leaves room for its envelope. */
export const REPLY_BYTES = 96 * 1024;
export const MESSAGES_PER_READ = 500;
export const TOPICS_PER_REQUEST = 100;
/** The rules of topics as JSON: Lambda has 4 KB for all that a function is told. */
export const TOPIC_RULES_CHARACTERS = 2048;

// ── What a client may send ─────────────────────────────────────────────────────────────────────
/** Deeper JSON is refused before it is parsed. */
export const JSON_DEPTH = 32;
export const TOPIC_CHARACTERS = 256;
export const SESSION_ID_CHARACTERS = 128;
export const MESSAGE_ID_CHARACTERS = 64;
export const TENANT_CHARACTERS = 64;
export const TOKEN_CHARACTERS = 16 * 1024;
/** Of `accepts`: room for what later clients may understand. */
export const ACCEPTED_MOST = 16;
export const ACCEPTED_CHARACTERS = 32;

// ── Delivery ───────────────────────────────────────────────────────────────────────────────────
/** One try of one post; a healthy one takes milliseconds. */
export const POST_DEADLINE_MS = 2000;
export const POST_TRIES = 3;
/** Before the second try at most twice so long, before the third four times. */
export const POST_BACKOFF_MS = 50;
/** Who is refused for so long (429) takes too little: its socket is closed, and resume takes over. */
export const POST_PATIENCE_MS = 5000;
/** Whom one function posts to; of more, each further page is another's. A page takes about a tenth of a second. */
export const RECIPIENTS_PER_PAGE = 1000;
/** Of a topic with more, new ones go to further partitions: to read so many takes a tenth of what one gives a second. */
export const SUBSCRIBERS_PER_SHARD = 10_000;
/** SQS takes 1 MiB as one message. */
export const PAGE_BYTES = 900 * 1024;
/** Before a 410 about a young connection is asked again. */
export const POST_AGAIN_AFTER_MS = 200;
/** 64–128 kept-alive sockets saturate an account's default 10,000 posts a second. */
export const POSTS_AT_ONCE = 96;

// ── Broadcasts ─────────────────────────────────────────────────────────────────────────────────
/** An execution's ARN has at most 300 characters or so; some room for a word behind it. */
export const BROADCAST_ID_CHARACTERS = 512;
/** Connections looked at between two notes of how far it got: so many a crash can reach twice. */
export const BROADCAST_STEP = 1000;
/** More failures than that are no accident of single sockets: the rest is left to the next try. */
export const BROADCAST_LEFT_MOST = 500;
/** What a try leaves of its function's time: more than the longest post, its departure and a note. */
export const BROADCAST_RESERVE_MS = 20_000;
/** How long a try keeps others off after each note: a healthy step takes tenths of a second. */
export const BROADCAST_HELD_SECONDS = 10;
/** How often a try that is kept off looks whether the other one is done. */
export const BROADCAST_LOOK_MS = 200;
/** How long it is remembered whom a broadcast has reached: longer than any retry of Lambda's (6 h). */
export const BROADCAST_KEPT_SECONDS = 24 * 3600;

// ── Direct messages ────────────────────────────────────────────────────────────────────────────
/** As many as one batch reads. Who means more means a topic, or all. */
export const NAMES_PER_CRITERION = 100;
/** A whole frame, and every criterion with its longest names. */
export const DIRECT_MESSAGE_BODY_BYTES = 256 * 1024;
/** A claim on an idempotency key outlives the function that made it (28 s). */
export const DIRECT_MESSAGE_CLAIM_SECONDS = 45;
/** How long it is remembered what was sent under a key. */
export const DIRECT_MESSAGE_KEPT_SECONDS = 24 * 3600;
/**
 * So long after its function began no post of a message is begun any more: the longest one and its departure still
 * end in time. The function of a page has longer.
 */
export const DIRECT_MESSAGE_POST_MS = 12_000;
export const DIRECT_MESSAGE_PAGE_POST_MS = 40_000;
/** Where everybody may be meant, the table is read in so many parts side by side. */
export const SCAN_SEGMENTS = 4;
export const PAGES_SENT_AT_ONCE = 10;

// ── Transactions ───────────────────────────────────────────────────────────────────────────────
/**
 * Behind transactions that take 30 ms, 10 tries lost 2 % of 50 parallel binds of one player, 14 none in
 * 600. At its unluckiest that waits 9.6 s in all, which every function that writes transactions has.
 */
export const TRANSACTION_TRIES = 14;
export const TRANSACTION_BACKOFF_MS = { least: 25, most: 1000 } as const;
/** DynamoDB's bound on one transaction, and on one batch. */
export const TRANSACTION_ITEMS = 100;
export const BATCH_GET_ITEMS = 100;
export const BATCH_WRITE_ITEMS = 25;

// ── Upkeep ─────────────────────────────────────────────────────────────────────────────────────
export const SWEEP_EVERY_MINUTES = 1;
/**
 * [S3-10] A socket is closed within a minute after its token's expiry: by the last sweep before it, where the
 * next one would come too late with what a sweep itself takes.
 */
export const EXPIRED_EARLY_SECONDS = 5;
/**
 * [S3-04] So many sockets a sweep asks about; of more connections each has its turn, a minute later for
 * each 1,600 of them. At 32 at once and 20 ms each that is a second and a half, and at no time a quarter of
 * an account's 10,000 requests a second.
 */
export const PROBES_PER_SWEEP = 2000;
/** Of the sweep's 55 s, and of the clean-up's 300 s; the rest is for what they find. */
export const SWEEP_PROBING_SECONDS = 25;
export const CLEANUP_PROBING_SECONDS = 200;

/** [S2-04] What the document calls stale: nothing was heard of it for so long. */
export const STALE_AFTER_SECONDS = 3600;
/** [S2-05] */
export const CLEANUP_EVERY_HOURS = 1;
/** 32 at once, each within 20 ms: a minute and a half of the function's five. */
export const PROBES_PER_CLEANUP = 150_000;

// ── Administration ─────────────────────────────────────────────────────────────────────────────
/** What Lambda hands back of one invocation; a longer answer would fail it. */
export const INVOKE_ANSWER_BYTES = 6 * 1024 * 1024;
/** At 140 bytes each these fit into one answer. */
export const CONNECTIONS_PER_PAGE_MOST = 10_000;
export const ACTOR_CHARACTERS = 256;
/** How far back a timeline looks where nobody says. */
export const TIMELINE_HOURS = 24;
/** What CloudWatch gives of one query. */
export const JOURNAL_LINES = 10_000;
/** Of all that topics had delivered: the latest, since there may be many a second. */
export const DELIVERIES_TOLD = 500;
/** The latest failures of one look. */
export const FAILURES_TOLD = 500;
/** A message that has no number after so long was given up on, or its stream lags. */
export const UNNUMBERED_AFTER_SECONDS = 60;
/** So many of the newest messages of each topic a session is posted again; what is older its client asks for by itself. */
export const REDRIVE_MESSAGES_PER_TOPIC = 500;
/** And so many in all. */
export const REDRIVE_MESSAGES_MOST = 5000;
/** Of the connection manager's 300 s: what is left by then is left to the next call. */
export const REDRIVE_SECONDS = 240;
/** What a queue shows of itself at once. */
export const PARKED_SHOWN = 10;
/** A query over a day of logs takes seconds. */
export const JOURNAL_DEADLINE_MS = 25_000;
export const JOURNAL_POLL_MS = 250;
/** Thirteen months, so that a year can be compared with the one before. */
export const AUDIT_KEPT_DAYS = 400;

// ── Accounts and invitations ───────────────────────────────────────────────────────────────────
export const USER_NAME_CHARACTERS = 128;
/** Longer ones cost hashing time and are nobody's. Cognito's own bound. */
export const PASSWORD_CHARACTERS = 256;
export const PASSWORD_LEAST_CHARACTERS = 12;
export const REFRESH_TOKEN_CHARACTERS = 4096;
/** 16 letters of 5 bits each: 80 random bits, in groups of four that people can type. */
export const INVITATION_LETTERS = 16;
export const INVITATION_GROUP = 4;
export const INVITATION_DAYS = 14;
export const INVITATION_DAYS_MOST = 90;
/** How long the row of an invitation outlives it, so that "used" and "expired" can still be told apart. */
export const INVITATION_KEPT_DAYS = 30;
/**
 * A claim on a code outlives the function that made it (20 s), and any call to Cognito that this
 * function sent before it died: until then nobody else may use the code.
 */
export const CLAIM_SECONDS = 60;
/** One call to Cognito with the SDK's own further tries; hashing a password is most of a healthy one. */
export const USER_CALL_DEADLINE_MS = 4000;

/** In which tries, connects and messages are counted. */
export const THROTTLE_WINDOW_SECONDS = 60;
/** Tries an anonymous caller has, per window: of one address, and of everybody together. */
export const ANONYMOUS_TRIES_PER_ADDRESS = 20;
export const ANONYMOUS_TRIES_IN_TOTAL = 2000;

// ── Events ─────────────────────────────────────────────────────────────────────────────────────
/** PutEvents takes at most so many at once, and so much. */
export const EVENTS_PER_PUT = 10;
export const EVENT_BYTES_PER_PUT = 1024 * 1024;
/** One try of one PutEvents; a healthy one takes tens of milliseconds. */
export const EVENT_DEADLINE_MS = 3000;
/** Before the second try at most so long, twice as long before the next: a throttle has passed by then. */
export const EVENT_AGAIN_AFTER_MS = 200;
/** How often entries that the bus did not take are handed to it again before they are parked. */
export const EVENT_TRIES = 3;
/** How long the bus keeps what it was told, so that a consumer that was wrong, or new, can have it again. */
export const EVENTS_KEPT_DAYS = 30;
