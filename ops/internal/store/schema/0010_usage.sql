-- +goose Up

-- How many seats of a licence were bought and used at the end of a day, in UTC:
-- written in the transaction that changes them, so that a day without a row is
-- as the one before. What there was when counting began has no day.
create table usage (
  organization keytext not null,
  license      keytext not null,
  day          keytext not null,
  bought       bigint  not null check (bought >= 0),
  used         bigint  not null check (used >= 0),
  primary key (organization, license, day),
  foreign key (organization, license) references licenses (organization, id)
);
insert into usage (organization, license, day, bought, used)
  select l.organization, l.id, '', case when s.ended then 0 else l.bought end, l.used
    from licenses l join subscriptions s on s.organization = l.organization and s.id = l.subscription;

-- +goose Down
drop table usage;
