-- +goose Up

-- Which users' search text holds three characters in a row. The index knows
-- users by number; those of one organization follow each other, so that a
-- search in one never reads of another.
create table search_organizations (
  number       integer primary key,
  organization text    not null unique
);
create table search_users (
  number integer primary key, -- the organization's number × 2^32, and counted from there
  id     text    not null unique
);
create virtual table search_index using fts5 (search, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram');
insert into search_index (search_index, rank) values ('automerge', 16); -- less work for whoever changes a user

insert into search_organizations (organization) select distinct organization from users order by organization;
insert into search_users (number, id)
  select (o.number << 32) + row_number() over (partition by o.number order by u.id), u.id
    from search_organizations o join users u on u.organization = o.organization;
insert into search_index (rowid, search)
  select s.number, u.search from search_users s join addresses d on d.user_id = s.id
    join users u on u.organization = d.organization and u.id = d.user_id order by s.number;

-- +goose Down
drop table search_index;
drop table search_users;
drop table search_organizations;
