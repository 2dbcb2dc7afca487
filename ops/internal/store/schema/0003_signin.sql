-- +goose Up

-- How people prove who they are, and who is signed in. Only hashes of secrets
-- are kept, or the secrets sealed by the installation's key.

alter table organizations add column second_factor boolean not null default false;
alter table organizations add column automatic_mails boolean not null default true;

-- Facts of the installation itself: a check of its key.
create table installation (
  name  keytext primary key,
  value text    not null
);

create table passwords (
  organization keytext not null,
  user_id      keytext not null,
  hash         text    not null, -- argon2id, in PHC form
  changed      bigint  not null,
  primary key (organization, user_id),
  foreign key (organization, user_id) references users (organization, id)
);

create table factors (
  organization keytext not null,
  user_id      keytext not null,
  id           keytext not null, -- of a passkey the credential id, base64url
  kind         keytext not null check (kind in ('passkey', 'totp')),
  name         text    not null,
  data         text    not null, -- the WebAuthn credential, or the sealed TOTP secret
  step         bigint  not null, -- last TOTP time step that was used: none works twice (RFC 6238 §5.2)
  created      bigint  not null,
  used         bigint,
  primary key (organization, user_id, id),
  foreign key (organization, user_id) references users (organization, id)
);

create table recovery_codes (
  organization keytext not null,
  user_id      keytext not null,
  hash         keytext not null,
  used         bigint,
  primary key (organization, user_id, hash),
  foreign key (organization, user_id) references users (organization, id)
);

-- A global fact, as tokens are: a session says who asks before any organization is known.
create table sessions (
  hash          keytext primary key,
  id            keytext not null unique,
  organization  keytext not null, -- the user's home
  user_id       keytext not null,
  stage         keytext not null check (stage in ('factor', 'enrol', 'full')),
  methods       keytext not null, -- of RFC 8176, spaces between them
  created       bigint  not null,
  authenticated bigint  not null,
  seen          bigint  not null,
  ends          bigint  not null,
  ended         bigint,
  ip            keytext not null,
  user_agent    text    not null
);
create index sessions_user on sessions (user_id, created);

-- What is handed out to come back once, soon: WebAuthn challenges, states of a sign-in elsewhere.
create table challenges (
  hash         keytext primary key,
  purpose      keytext not null,
  organization keytext not null,
  user_id      keytext not null,
  data         text    not null,
  expires      bigint  not null
);
create index challenges_expires on challenges (expires);

-- Failed attempts by account and by address, whether there is such an account or not.
create table attempts (
  subject  keytext primary key,
  failures bigint  not null,
  latest   bigint  not null
);
create index attempts_latest on attempts (latest);

-- +goose Down
drop table attempts;
drop table challenges;
drop table sessions;
drop table recovery_codes;
drop table factors;
drop table passwords;
drop table installation;
alter table organizations drop column automatic_mails;
alter table organizations drop column second_factor;
