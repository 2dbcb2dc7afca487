-- +goose Up

-- When people from elsewhere last did something: what an organization's own
-- people do, which is nearly everything, costs this index nothing.
create index entries_from_elsewhere on entries (organization, actor_organization, at) where actor_organization <> organization;

-- +goose Down
drop index entries_from_elsewhere;
