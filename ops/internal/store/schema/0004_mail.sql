-- +goose Up

-- Mails that are owed and sent, the links in them, and tasks on many people.

-- A global fact, as sessions are: a link says who asks before any organization
-- is known. Its text is made of id and key, so that nothing here opens anything.
create table links (
  id           keytext primary key,
  organization keytext not null, -- the user's home; empty: of nobody, see outbox
  user_id      keytext not null,
  purpose      keytext not null check (purpose in ('activation', 'password')),
  email        keytext not null,
  created      bigint  not null,
  expires      bigint  not null,
  used         bigint,
  superseded   bigint
);
create index links_user on links (organization, user_id, purpose);
create index links_expires on links (expires);

-- Whoever asks for a password letter for an address that nobody has leaves the
-- same rows as for one that somebody has: of no organization, and never due.
create table outbox (
  organization keytext not null,
  id           keytext not null,
  user_id      keytext not null,
  kind         keytext not null,
  address      keytext not null,
  language     keytext not null,
  data         text    not null, -- names and values, as in a query string; no secrets
  link         keytext not null,
  task         keytext not null,
  message_id   keytext not null,
  created      bigint  not null,
  due          bigint,           -- when to try, or to try again where whoever has it in hand is gone; null: never again
  attempts     bigint  not null,
  state        keytext not null check (state in ('queued', 'sending', 'sent', 'given_up')),
  claim        keytext not null, -- who has it in hand
  error        text    not null,
  sent         bigint,
  primary key (organization, id)
);
create index outbox_due on outbox (due) where due is not null;
create index outbox_user on outbox (organization, user_id, kind, created);
create index outbox_undelivered on outbox (organization, created, id) where sent is null;
create index outbox_created on outbox (created);

create table tasks (
  organization keytext not null,
  id           keytext not null,
  kind         keytext not null,
  number       bigint  not null,
  started_by   keytext not null,
  actor_home   keytext not null,
  tracking_id  text    not null,
  created      bigint  not null,
  modified     bigint  not null,
  ended        bigint,
  total        bigint  not null,
  sent         bigint  not null,
  failed       bigint  not null,
  skipped      bigint  not null,
  claim        keytext not null, -- the node that works on it
  lease        bigint  not null, -- until when, unless it asks for more
  primary key (organization, id)
);
create unique index tasks_running on tasks (organization, kind) where ended is null;
create index tasks_lease on tasks (lease) where ended is null;
create index tasks_number on tasks (organization, number);

create table task_items (
  organization keytext not null,
  task         keytext not null,
  number       bigint  not null,
  user_id      keytext not null,
  state        keytext not null check (state in ('waiting', 'sent', 'failed', 'skipped')),
  code         keytext not null,
  message      text    not null,
  primary key (organization, task, number),
  foreign key (organization, task) references tasks (organization, id)
);
create index task_items_state on task_items (organization, task, state, number);
create index task_items_user on task_items (organization, task, user_id);

-- +goose Down
drop table task_items;
drop table tasks;
drop table outbox;
drop table links;
