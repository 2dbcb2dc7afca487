-- +goose Up

-- Where an organization's people sign in, if not here: an OpenID Provider of its own.
create table identity_providers (
  organization keytext primary key references organizations (id),
  issuer       keytext not null,
  client_id    keytext not null,
  secret       text    not null, -- of the client, sealed by the installation's key; empty: none
  secret_set   bigint,
  name         text    not null,
  enforced     boolean not null,
  created      bigint  not null,
  modified     bigint  not null
);

-- A global fact, as addresses are: a domain leads to one organization's provider
-- before anybody has said who they are.
create table domains (
  domain       keytext primary key,
  organization keytext not null references organizations (id),
  created      bigint  not null
);
create index domains_organization on domains (organization, domain);

-- Who somebody is at their organization's provider. One subject is one user, and
-- one user one subject: an address that is handed on there does not hand on the user.
create table upstream_subjects (
  organization keytext not null,
  issuer       keytext not null,
  subject      keytext not null,
  user_id      keytext not null,
  created      bigint  not null,
  primary key (organization, issuer, subject),
  unique (organization, user_id, issuer),
  foreign key (organization, user_id) references users (organization, id)
);

-- +goose Down
drop table upstream_subjects;
drop table domains;
drop table identity_providers;
