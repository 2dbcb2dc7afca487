-- +goose Up

-- The first schema, one text for SQLite and PostgreSQL. keytext compares byte
-- by byte; instants are microseconds since 1970 in UTC. A table that belongs to
-- an organization has it first in every primary and unique key, so that it can
-- be distributed by it; the few global facts stand in small tables of their own.

create table organizations (
  id                      keytext primary key,
  plate                   keytext not null unique,
  name                    text    not null,
  name_key                keytext not null,
  search                  keytext not null,
  country                 keytext not null,
  language                keytext not null,
  time_zone               keytext not null,
  data_region             keytext not null,
  services                keytext not null,
  state                   keytext not null check (state in ('active', 'suspended')),
  platform                keytext not null check (platform in ('', '1.0', 'new')),
  setup_done              boolean not null,
  own_administrators_only boolean not null,
  overage                 bigint  not null check (overage >= 0),
  created                 bigint  not null,
  modified                bigint  not null,
  version                 bigint  not null
);

create table partnerships (
  customer     keytext not null references organizations (id),
  partner      keytext not null references organizations (id),
  managing     boolean not null,
  provisioning boolean not null,
  started      bigint  not null,
  ends         bigint,
  given_by     keytext not null,
  primary key (customer, partner),
  check (customer <> partner),
  check (managing or provisioning)
);
create index partnerships_partner on partnerships (partner, customer);

-- The global fact: which address and which id belong to which organization.
create table addresses (
  email        keytext primary key,
  user_id      keytext not null unique,
  organization keytext not null
);

create table user_profiles (
  organization keytext not null references organizations (id),
  id           keytext not null,
  name         text    not null,
  working_hour bigint  not null check (working_hour between 0 and 2),
  holiday_list bigint  not null check (holiday_list between 0 and 2),
  override     bigint  not null check (override between 0 and 2),
  primary key (organization, id),
  unique (organization, name)
);

create table users (
  organization keytext not null references organizations (id),
  id           keytext not null,
  email        keytext not null,
  first_name   text    not null,
  last_name    text    not null,
  display_name text    not null,
  title        text    not null,
  department   text    not null,
  phone        text    not null,
  location     text    not null,
  language     keytext not null,
  time_zone    keytext not null,
  status       keytext not null check (status in ('not_verified', 'verified', 'active', 'inactive')),
  user_profile keytext,
  name_key     keytext not null,
  search       keytext not null,
  last_active  bigint  not null,
  created      bigint  not null,
  modified     bigint  not null,
  primary key (organization, id),
  unique (organization, email),
  foreign key (organization, user_profile) references user_profiles (organization, id)
);
create index users_name on users (organization, name_key, id);
create index users_created on users (organization, created, id);
create index users_last_active on users (organization, last_active, id);
create index users_status on users (organization, status, name_key, id);

create table subscriptions (
  organization keytext not null references organizations (id),
  id           keytext not null,
  name         text    not null,
  trial        boolean not null,
  starts       bigint  not null,
  ends         bigint,
  ended        boolean not null,
  primary key (organization, id)
);

create table licenses (
  organization keytext not null,
  id           keytext not null,
  subscription keytext not null,
  product      keytext not null check (product in ('contact_center_standard', 'contact_center_premium', 'meetings', 'messaging', 'calling')),
  bought       bigint  not null check (bought >= 0),
  used         bigint  not null check (used >= 0),
  primary key (organization, id),
  unique (organization, subscription, product),
  foreign key (organization, subscription) references subscriptions (organization, id)
);

create table holdings (
  organization   keytext not null,
  user_id        keytext not null,
  license        keytext not null,
  product        keytext not null,
  contact_center boolean not null,
  supervisor     boolean not null check (not supervisor or product = 'contact_center_premium'),
  since          bigint  not null,
  primary key (organization, user_id, license),
  foreign key (organization, user_id) references users (organization, id),
  foreign key (organization, license) references licenses (organization, id)
);
-- Standard and Premium exclude each other, whatever two callers do at once.
create unique index holdings_contact_center on holdings (organization, user_id) where contact_center;
create index holdings_license on holdings (organization, license, user_id);
create index holdings_product on holdings (organization, product, user_id);

create table assignments (
  organization keytext not null references organizations (id),
  id           keytext not null,
  user_id      keytext not null,
  role         keytext not null check (role in ('full_admin', 'service_admin', 'provisioning_admin', 'read_only_admin')),
  exclusive    boolean not null,
  external     boolean not null,
  reach        keytext not null check (reach in ('own', 'customers')),
  all_customers boolean not null,
  started      bigint  not null,
  ends         bigint,
  given_by     keytext not null,
  reason       text    not null,
  closed       bigint,
  primary key (organization, id)
);
-- c3, whatever two callers do at once. What has expired is closed before another is opened.
create unique index assignments_exclusive on assignments (organization, user_id) where exclusive and closed is null;
create unique index assignments_once on assignments (organization, user_id, role) where closed is null;
create index assignments_user on assignments (user_id, organization) where closed is null;
create index assignments_role on assignments (organization, role, user_id) where closed is null;

create table assignment_customers (
  organization keytext not null,
  assignment   keytext not null,
  customer     keytext not null references organizations (id),
  primary key (organization, assignment, customer),
  foreign key (organization, assignment) references assignments (organization, id)
);

-- A global fact: a bearer token says who asks before any organization is known.
create table tokens (
  hash         keytext primary key,
  id           keytext not null unique,
  organization keytext not null,
  user_id      keytext not null,
  application  text    not null,
  created      bigint  not null,
  expires      bigint,
  revoked      bigint
);
create index tokens_user on tokens (user_id);

create table entries (
  organization       keytext not null,
  id                 keytext not null,
  at                 bigint  not null,
  action             keytext not null,
  outcome            keytext not null check (outcome in ('done', 'refused')),
  actor              keytext not null,
  actor_name         text    not null,
  actor_email        keytext not null,
  actor_organization keytext not null,
  actor_role         keytext not null,
  target             keytext not null,
  target_name        text    not null,
  target_email       keytext not null,
  role               keytext not null,
  code               keytext not null,
  rule               keytext not null,
  cell               keytext not null,
  reason             text    not null,
  before             text    not null,
  after              text    not null,
  tracking_id        text    not null,
  ip                 keytext not null,
  user_agent         text    not null,
  search             keytext not null,
  primary key (organization, id)
);
create index entries_at on entries (organization, at, id);
create index entries_target on entries (organization, target, at, id);
create index entries_actor on entries (organization, actor, at, id);

-- +goose Down
drop table entries;
drop table tokens;
drop table assignment_customers;
drop table assignments;
drop table holdings;
drop table licenses;
drop table subscriptions;
drop table users;
drop table user_profiles;
drop table addresses;
drop table partnerships;
drop table organizations;
