#include "gateway/http2/field_section.hpp"

#include "gateway/http/known_names.hpp"

#include <algorithm>
#include <utility>

// Text grows while a section arrives, so that pieces are kept by where they lie, and become views when all have come.
//
// What is counted is what the same message costs in HTTP/1.1, byte for byte, so that one limit means one thing: a
// field has four bytes around it there, the request line twelve beside method and target, and the scheme is not said.

namespace yett::http2 {
namespace {

using pseudo = field_section::pseudo;

// How many times of what is allowed is heard before the connection ends for it.
constexpr std::size_t insolence = 8;
constexpr std::size_t usual_bytes = 512;
constexpr std::size_t around_field = 4; // ": " and CRLF
constexpr std::size_t empty_line = 2;

// In the order of `pseudo`.
constexpr std::string_view pseudo_names[] = {":method", ":scheme", ":authority", ":path", ":protocol", ":status"};

// Beside its value.
std::size_t cost_of(pseudo which) noexcept
{
    switch (which) {
    case pseudo::method: return 12; // " ", " HTTP/1.1" and CRLF
    case pseudo::authority: return 4 + around_field;
    case pseudo::path: return 0;
    case pseudo::status: return 12;
    default: return around_field;
    }
}

} // namespace

void field_section::begin(limits const& most)
{
    limits_ = most;
    text_.clear();
    if (text_.capacity() < usual_bytes) text_.reserve(usual_bytes); // a short one would move with its section
    crumbs_.clear();
    pieces_.clear();
    for (auto& each : pseudos_) each.reset();
    bytes_ = empty_line;
    count_ = path_bytes_ = 0;
    cookie_.reset();
    fault_ = nullptr;
    outgrown_ = false;
}

bool field_section::add(std::string_view name, std::string_view value)
{
    if (name.starts_with(':')) {
        add_pseudo(name, value);
    } else {
        ++count_;
        bytes_ += name.size() + value.size() + around_field;
        outgrown_ = outgrown_ || count_ > limits_.fields || bytes_ > limits_.bytes;
        if (!outgrown_ && name == "cookie") add_crumb(value);
        else if (!outgrown_) pieces_.push_back(store(name, value));
    }
    return count_ <= insolence * limits_.fields && bytes_ <= insolence * limits_.bytes;
}

// An empty one is no less one that was sent.
void field_section::add_pseudo(std::string_view name, std::string_view value)
{
    auto const* const found = std::ranges::find(pseudo_names, name);
    if (found == std::end(pseudo_names)) {
        fault_ = "a pseudo-header field that is unknown";
        bytes_ += name.size() + value.size() + around_field;
        return;
    }
    auto const which = static_cast<pseudo>(found - std::begin(pseudo_names));
    auto& place = pseudos_[static_cast<std::size_t>(which)];
    auto const usual_scheme = which == pseudo::scheme && (value == "https" || value == "http");
    if (!usual_scheme) bytes_ += value.size() + cost_of(which);
    outgrown_ = outgrown_ || bytes_ > limits_.bytes;
    if (count_ > 0) fault_ = "a pseudo-header field behind others";
    if (place) fault_ = "a pseudo-header field twice";
    if (which == pseudo::path) path_bytes_ = value.size();
    if (!fault_) place = outgrown_ ? piece{0, 0, 0, 0} : store({}, value);
}

void field_section::add_crumb(std::string_view value)
{
    if (cookie_) crumbs_.append("; ");
    else cookie_ = pieces_.size();
    crumbs_.append(value);
    if (*cookie_ == pieces_.size()) pieces_.push_back({});
}

field_section::piece field_section::store(std::string_view name, std::string_view value)
{
    auto const at = static_cast<std::uint32_t>(text_.size());
    text_.append(name).append(value);
    auto const name_bytes = static_cast<std::uint32_t>(name.size());
    return {at, name_bytes, at + name_bytes, static_cast<std::uint32_t>(value.size())};
}

void field_section::end()
{
    if (cookie_) pieces_[*cookie_] = store("cookie", crumbs_);
    count_ = pieces_.size();
    if (fields_.size() < count_ + spare) fields_.resize(count_ + spare);
    for (std::size_t i = 0; i < count_; ++i) {
        auto const& p = pieces_[i];
        auto const name = text_at(p.name_at, p.name_bytes);
        fields_[i] = {name, text_at(p.value_at, p.value_bytes), http::known_names::find(name)};
    }
}

std::optional<std::string_view> field_section::find(pseudo which) const noexcept
{
    auto const& place = pseudos_[static_cast<std::size_t>(which)];
    if (!place) return {};
    return text_at(place->value_at, place->value_bytes);
}

} // namespace yett::http2
