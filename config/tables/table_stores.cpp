#include "config/tables/table.hpp"

#include <algorithm>

// Stores are named by URLs whose scheme says the kind, and a URL may hold a password. So it comes
// as a secret, in `url` or by `url_file`, is taken apart when its section is complete, and of it
// only the scheme is ever shown again.

namespace yett::config {
namespace {

std::string_view scheme_of(std::string_view url)
{
    return url.substr(0, std::min(url.find(':'), url.size()));
}

// What stands behind "scheme:", without the slashes of "scheme:///path".
std::filesystem::path path_of(std::string_view url)
{
    auto rest = url.substr(std::min(scheme_of(url).size() + 1, url.size()));
    if (rest.starts_with("///")) rest.remove_prefix(2);
    return rest;
}

// Every scheme that is understood, and what it means.
template<class Kind>
using meanings = std::vector<std::pair<std::string_view, Kind>>;

// Reads what url or url_file brought. The scheme is noted, for it alone may be repeated.
template<class Kind>
std::optional<Kind> kind_of(reading& r, spot const& at, yett::secret const& url, meanings<Kind> const& known,
                            std::string const& name = "url")
{
    auto const path = r.given_as(at.path + "." + name);
    auto const scheme = scheme_of(url.reveal());
    for (auto const& [word, kind] : known)
        if (scheme == word && url.reveal().size() > scheme.size()) {
            auto const found = r.entries().find(path);
            r.note(path, {found == r.entries().end() ? at.value->at : found->second.at, std::string{word} + ":",
                          std::string{word} + ":", true});
            return kind;
        }
    std::string allowed;
    for (auto const& [word, kind] : known) allowed += fmt::format("{}{}:", allowed.empty() ? "" : ", ", word);
    r.complain_at(path, fmt::format("begins with no scheme that is known; allowed: {}", allowed));
    return std::nullopt;
}

// The path behind a scheme; complains when there is none.
path file_of(reading& r, spot const& at, yett::secret const& url)
{
    auto const named = path_of(url.reveal());
    if (named.empty()) r.complain_at(at.path + ".url", "names no path behind its scheme");
    return r.resolve(named);
}

void finish_listen_url(reading& r, spot const& at, storage& s)
{
    s.listen = s.postgres;
    if (s.listen_url.empty()) s.listen_url_file = s.url_file;
    if (s.listen_url.empty()) return;
    using k = storage_kind;
    auto const known =
        kind_of<k>(r, at, s.listen_url, {{"postgresql", k::postgresql}, {"postgres", k::postgresql}}, "listen_url");
    if (!known) return;
    auto const parsed = parse_postgres_url(s.listen_url.reveal());
    if (parsed) s.listen = *parsed;
    else r.complain_at(r.given_as(at.path + ".listen_url"), parsed.error().note());
}

void finish_storage(reading& r, spot const& at, storage& s)
{
    using k = storage_kind;
    auto const kind = kind_of<k>(
        r, at, s.url, {{"sqlite", k::sqlite}, {"memory", k::memory}, {"postgresql", k::postgresql}, {"postgres", k::postgresql}});
    s.kind = kind.value_or(k::memory);
    if (s.kind == k::sqlite) s.file = file_of(r, at, s.url);
    if (!kind || s.kind != k::postgresql) return;
    auto const parsed = parse_postgres_url(s.url.reveal());
    if (parsed) s.postgres = *parsed;
    else r.complain_at(r.given_as(at.path + ".url"), parsed.error().note());
    finish_listen_url(r, at, s);
}

// A URL of a Redis, where one is given as something that can be one.
void read_redis(reading& r, spot const& at, yett::secret const& url, redis_url& into)
{
    auto const parsed = parse_redis_url(url.reveal());
    if (parsed) into = *parsed;
    else r.complain_at(r.given_as(at.path + ".url"), parsed.error().note());
}

void finish_sessions(reading& r, spot const& at, session_storage& s)
{
    if (s.url.empty()) return;
    auto const known =
        kind_of<bool>(r, at, s.url, {{"redis", true}, {"rediss", true}, {"redis+sentinel", true}, {"rediss+sentinel", true}});
    s.in_redis = known.has_value();
    if (s.in_redis) read_redis(r, at, s.url, s.redis);
}

void finish_shared_state(reading& r, spot const& at, shared_state& s)
{
    using k = shared_state_kind;
    auto const kind = kind_of<k>(r, at, s.url,
                                 {{"memory", k::memory},
                                  {"redis", k::redis},
                                  {"rediss", k::redis},
                                  {"redis+sentinel", k::redis},
                                  {"rediss+sentinel", k::redis}});
    s.kind = kind.value_or(k::memory);
    if (s.kind == k::redis) read_redis(r, at, s.url, s.redis);
}

// What a key begins with. Braces would decide where a cluster keeps it.
result<std::string> parse_prefix(std::string_view text)
{
    auto const fine = [](char c) {
        auto const letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        return letter || (c >= '0' && c <= '9') || std::string_view{"-_.:"}.find(c) != std::string_view::npos;
    };
    if (text.empty() || text.size() > 64 || !std::ranges::all_of(text, fine))
        return wrong("is not a prefix; allowed: 1 to 64 of letters, digits, -, _, . and :");
    return std::string{text};
}

void finish_mail(reading& r, spot const& at, mail& m)
{
    using k = mail_kind;
    auto const kind = kind_of<k>(r, at, m.url, {{"file", k::file}, {"smtp", k::smtp}, {"smtps", k::smtp}});
    m.kind = kind.value_or(k::smtp);
    if (m.kind == k::file) m.folder = file_of(r, at, m.url);
    if (!kind || m.kind != k::smtp) return;
    auto const host = parse_mail_server(m.url.reveal());
    if (!host) return r.complain_at(r.given_as(at.path + ".url"), host.error().note());
    m.host = *host;
    m.loopback = m.host == "localhost" || is_loopback({m.host, 0});
}

// The default is no secret.
template<class Owner>
key<Owner> url(yett::secret Owner::*member, std::string const& fallback, std::string const& allowed, std::string const& about)
{
    auto k = secret_text("url", member, about);
    auto const describe = [=](Owner const&, std::string const& path, std::vector<row>& out) {
        out.push_back({path, "URL", fallback, allowed, about});
    };
    k.describe = describe;
    return k;
}

// A key whose file is read again later, so its name is kept, too.
template<class Owner>
key<Owner> url_file_of(std::string const& name, yett::secret Owner::*url, path Owner::*file)
{
    auto k = file_version(name, url);
    auto const read = [inner = k.read, file](reading& r, spot const& at, Owner& into) {
        inner(r, at, into);
        if (auto const named = r.entries().find(at.path); named != r.entries().end()) into.*file = r.resolve(named->second.value);
    };
    k.read = read;
    return k;
}

// Words between single dots, without what has a meaning in a mail's head. Letters beyond
// ASCII are looked at when the program starts.
bool is_dotted(std::string_view text)
{
    auto const plain = [](char c) {
        return c > ' ' && c != '\x7f' && std::string_view{"<>()[],;:\\\"@"}.find(c) == std::string_view::npos;
    };
    auto const bytes = [&](char c) { return static_cast<unsigned char>(c) >= 0x80 || plain(c); };
    return !text.empty() && text.front() != '.' && text.back() != '.' && text.find("..") == text.npos &&
           std::ranges::all_of(text, bytes);
}

// "Name <user@host>" or "user@host".
result<std::string> parse_sender(std::string_view text)
{
    auto const open = text.rfind('<');
    auto const address = open == text.npos ? text : text.substr(open + 1, text.ends_with('>') ? text.size() - open - 2 : 0);
    auto const name = open == text.npos ? std::string_view{} : text.substr(0, open);
    auto const at = address.find('@');
    auto const fine = at != address.npos && is_dotted(address.substr(0, at)) && is_dotted(address.substr(at + 1));
    if (!fine || name.find_first_of("<>") != name.npos || std::ranges::count(name, '"') % 2 != 0)
        return wrong("is not a sender; allowed: user@example.com, Name <user@example.com>");
    return std::string{text};
}

section<storage> const& storage_keys()
{
    static section<storage> const keys{
        {
            url(&storage::url, "sqlite:var/yett.db", "sqlite:PATH, memory:, postgresql://USER[:PASSWORD]@HOST[:PORT]/DATABASE",
                "Where accounts and sessions are kept."),
            url_file_of("url", &storage::url, &storage::url_file),
            secret_text(
                "listen_url", &storage::listen_url,
                "Of postgresql: where news of other programs is heard, when `url` leads to a pooler that shares sessions."),
            url_file_of("listen_url", &storage::listen_url, &storage::listen_url_file),
            value("connections", &storage::connections, count<unsigned>(1, 1'000),
                  "Of postgresql: how many connections this program opens at most, beside one for the signing keys."),
            value("prepared", &storage::prepared, boolean(),
                  "Of postgresql: whether statements are prepared and time-outs set once for each connection; `false` behind a"
                  " pooler that lends connections by the transaction."),
            value("migrate", &storage::migrate,
                  one_of<migration>({{"auto", migration::automatic}, {"manual", migration::manual}}),
                  "Who brings the schema up to date: `auto` the start, `manual` `yett migrate up` alone."),
        },
        finish_storage,
    };
    return keys;
}

section<session_storage> const& session_keys()
{
    static section<session_storage> const keys{
        {
            url(&session_storage::url, "storage.url",
                "redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE], rediss://…, redis+sentinel://HOST,HOST/MASTER",
                "Where sessions and their refresh tokens are kept, when not with the accounts. What ends them stays in `storage.url`."),
            url_file_of("url", &session_storage::url, &session_storage::url_file),
        },
        finish_sessions,
    };
    return keys;
}

section<shared_state> const& shared_state_keys()
{
    static section<shared_state> const keys{
        {
            url(&shared_state::url, "memory:",
                "memory:, redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE], rediss://…, redis+sentinel://HOST,HOST/MASTER",
                "Where counters and revocations are shared between several Yetts."),
            url_file_of("url", &shared_state::url, &shared_state::url_file),
            value("prefix", &shared_state::prefix, text_of("prefix", parse_prefix),
                  "Of redis: what the name of every key begins with; fleets that share one Redis each have their own."),
            value("max_staleness", &shared_state::most, duration<milliseconds>(seconds{2}, std::chrono::hours{1}),
                  "With postgresql: how old what is known of the other programs' revocations may be. Beyond it the database is "
                  "asked before a token is accepted."),
            value("on_unknown", &shared_state::serve_unknown, one_of<bool>({{"refuse", false}, {"serve_until_exp", true}}),
                  "When it does not answer either: 503, or the token is accepted until it expires."),
        },
        finish_shared_state,
    };
    return keys;
}

section<mail> const& mail_keys()
{
    static section<mail> const keys{
        {
            url(&mail::url, "file:var/outbox", "file:FOLDER, smtp://…, smtps://…",
                "How mail leaves. smtp: insists on STARTTLS unless the server is this machine."),
            file_version("url", &mail::url),
            file("ca_file", &mail::ca_file, "Certificates to verify the SMTP server by, instead of the system's."),
            value("from", &mail::from, text_of("sender", parse_sender), "Who writes it."),
            file("templates", &mail::templates, "A folder with texts that replace the built-in ones."),
            value("public_url", &mail::public_url, nullable(text_of("URL", parse_origin)),
                  "Links are built from this, never from what a request says."),
        },
        finish_mail,
    };
    return keys;
}

} // namespace

key<settings> storage_key()
{
    return part("storage", &settings::storage, storage_keys());
}

key<settings> sessions_key()
{
    return inside(&settings::storage, part("sessions", &storage::sessions, session_keys()));
}

key<settings> shared_state_key()
{
    return part("shared_state", &settings::shared_state, shared_state_keys());
}

key<settings> mail_key()
{
    return part("mail", &settings::mail, mail_keys());
}

} // namespace yett::config
