-- +goose Up

-- The OpenID Provider. All of it is global, as tokens are: a client, a code or
-- a token says who asks before any organization is known. Of secrets only
-- hashes are kept; private keys are sealed by the installation's key.

create table clients (
  id           keytext primary key,
  name         text    not null,
  application  keytext not null check (application in ('control_hub', 'management_portal', 'agent_desktop')),
  secret       keytext not null, -- its hash; empty: a public client
  redirects    text    not null, -- exact, a line each
  after_logout text    not null, -- exact, a line each
  logout       text    not null, -- where it is told that a session has ended; empty: nowhere
  device       boolean not null, -- may use the device grant
  webex        boolean not null, -- may use /v1/authorize without PKCE
  built_in     boolean not null,
  created      bigint  not null,
  modified     bigint  not null
);

insert into clients (id, name, application, secret, redirects, after_logout, logout, device, webex, built_in, created, modified) values
  ('hub', 'Kontrollrum', 'control_hub', '', '', '', '', true, false, true, 0, 0),
  ('management-portal', 'Management Portal', 'management_portal', '', '', '', '', false, false, true, 0, 0),
  ('agent-desktop', 'Agent Desktop', 'agent_desktop', '', '', '', '', false, false, true, 0, 0);

create table authorizations (
  id            keytext primary key,
  client        keytext not null,
  request       text    not null, -- what was asked, as JSON
  created       bigint  not null,
  ends          bigint  not null,
  organization  keytext not null, -- home of whoever said yes; empty: nobody yet
  user_id       keytext not null,
  session       keytext not null,
  acting        keytext not null,
  methods       keytext not null,
  authenticated bigint  not null,
  code          keytext unique, -- its hash; null: none yet
  code_ends     bigint,
  used          bigint, -- when the code came back
  grant_id      keytext not null -- what it became; empty: nothing yet
);
create index authorizations_ends on authorizations (ends);

-- A grant is a family of tokens: what a user let a client have.
create table grants (
  id            keytext primary key,
  organization  keytext not null, -- the user's home
  user_id       keytext not null,
  client        keytext not null,
  session       keytext not null, -- with which it ends
  offline       boolean not null, -- outlives that session
  sid           keytext not null, -- what clients know the session by: the one in which it was given
  scopes        text    not null, -- spaces between them
  acting        keytext not null, -- the organization acted in
  methods       keytext not null,
  authenticated bigint  not null,
  created       bigint  not null,
  used          bigint  not null,
  ends          bigint  not null,
  ended         bigint
);
create index grants_user on grants (user_id, created);
create index grants_session on grants (session);
create index grants_sid on grants (sid);
create index grants_organization on grants (organization, id);
create index grants_acting on grants (acting, id);
create index grants_ends on grants (ends);

alter table tokens add column grant_id keytext not null default '';
alter table tokens add column scopes text not null default '';
create index tokens_grant on tokens (grant_id) where grant_id <> '';

create table refresh_tokens (
  hash     keytext primary key,
  grant_id keytext not null references grants (id),
  created  bigint  not null,
  used     bigint
);
create index refresh_tokens_grant on refresh_tokens (grant_id);

create table device_codes (
  hash          keytext primary key,
  user_code     keytext not null unique, -- a code over it, by the installation's key
  client        keytext not null,
  scopes        text    not null,
  created       bigint  not null,
  ends          bigint  not null,
  polled        bigint  not null,
  pace          bigint  not null, -- seconds that must pass between two polls
  state         keytext not null check (state in ('asked', 'approved', 'denied', 'used')),
  organization  keytext not null,
  user_id       keytext not null,
  session       keytext not null,
  acting        keytext not null,
  methods       keytext not null,
  authenticated bigint  not null
);
create index device_codes_ends on device_codes (ends);

create table signing_keys (
  id        keytext primary key,
  algorithm keytext not null,
  private   text    not null, -- PKCS #8, sealed
  created   bigint  not null,
  begins    bigint  not null, -- signs from then on, until another begins
  ends      bigint -- published until then; null: until another has begun
);

-- Back-channel logout: what clients are still to be told.
create table logouts (
  client   keytext not null,
  sid      keytext not null,
  user_id  keytext not null,
  address  text    not null,
  created  bigint  not null,
  tries    bigint  not null,
  next     bigint  not null,
  primary key (client, sid)
);
create index logouts_next on logouts (next);

-- +goose Down
drop table logouts;
drop table signing_keys;
drop table device_codes;
drop table refresh_tokens;
drop index tokens_grant;
alter table tokens drop column scopes;
alter table tokens drop column grant_id;
drop table grants;
drop table authorizations;
drop table clients;
