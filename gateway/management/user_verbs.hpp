#pragma once

#include "gateway/management/verb.hpp"

// What an operator does to users. Each of these has taken effect everywhere in this process
// when it returns: ended sessions are durable, and no worker accepts their tokens, cached
// or not. Users are named by e-mail address or id.
namespace yett::management {

// "email", "roles", "password" (or "no_password"), "unverified": the address counts as
// verified otherwise. `conflict` when the address has an account.
task<answer> add_user(context const& ctx, arguments& asked, actor const& caller);

// "email", "roles", "language" (as in Accept-Language). Mails a link, good once and for a
// week, with which the owner of the address registers and gets the roles. `conflict` when
// the address has an account, or registration is not by invitation.
task<answer> invite_user(context const& ctx, arguments& asked, actor const& caller);

// A page: "after", "limit". `items` without anything secret.
task<answer> list_users(context const& ctx, arguments& asked, actor const& caller);
// The same with password hashes, as import_users reads it.
task<answer> export_users(context const& ctx, arguments& asked, actor const& caller);

// A batch: "rows" of objects with email and, if wanted, password_hash, roles, id, verified,
// disabled, created_at, password_changed_at, line. Who is there already counts as `known`,
// so that a run that broke off can be repeated; nobody is changed. `refused` tells the line
// and why. "allow_weak" takes hashes that protect nothing, "unverified" is for rows that do
// not say whether the address is verified.
task<answer> import_users(context const& ctx, arguments& asked, actor const& caller);

// "user". A disabled user is signed out everywhere and cannot log in.
task<answer> disable_user(context const& ctx, arguments& asked, actor const& caller);
task<answer> enable_user(context const& ctx, arguments& asked, actor const& caller);
// Removes the user for good; what was issued to the user is revoked.
task<answer> delete_user(context const& ctx, arguments& asked, actor const& caller);

// "user", "email", which counts as verified. Access tokens with the address before are refused,
// and sessions renew them. `conflict` when the address has an account.
task<answer> set_email(context const& ctx, arguments& asked, actor const& caller);

// "user", "roles" (empty takes all away). Tokens carry roles, so sessions end.
task<answer> set_roles(context const& ctx, arguments& asked, actor const& caller);
// "user", "password". Sessions end.
task<answer> set_password(context const& ctx, arguments& asked, actor const& caller);

} // namespace yett::management
