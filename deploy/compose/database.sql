-- Run once, when the database is made: a user for the gateways who owns their tables and nothing else.
\set password `cat /run/secrets/yett.password`
CREATE ROLE yett LOGIN PASSWORD :'password';
CREATE DATABASE yett OWNER yett ENCODING 'UTF8' TEMPLATE template0;
REVOKE CONNECT ON DATABASE yett FROM PUBLIC;
