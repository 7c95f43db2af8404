#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace yett::config {

// Line and column of a file, both from 1; columns count bytes.
struct mark
{
    int line = 1;
    int column = 1;
};

// A value of a YAML document as it was written; nothing is interpreted.
struct node
{
    enum class kind
    {
        null,
        scalar,
        sequence,
        mapping,
    };

    // A null is a key without a value, or an empty document; a scalar is text, whatever it looks
    // like.
    kind is = kind::null;
    mark at;
    std::string text; // of a scalar
    std::string key;  // of a member of a mapping
    mark key_at;
    std::vector<node> children; // of a sequence or mapping, duplicate keys included
};

// Something that keeps a text from being a document.
struct flaw
{
    mark at;
    std::string text;
};

// What reading gives, also when something was wrong: with flaws and `complete`, the tree may be
// looked through for more mistakes; without `complete` there is nothing in it to rely on.
struct document
{
    node root; // a mapping
    std::vector<flaw> flaws;
    bool complete = false; // the root is what was written, whatever else is wrong
};

// Reads one YAML document that holds a mapping. Anchors, aliases, tags, further documents, nesting beyond 24
// levels and texts above 1 MiB are flaws, as are bytes that are not UTF-8 and control
// characters.
document read_document(std::string_view text);

} // namespace yett::config
