#pragma once

#include "gateway/base/result.hpp"

namespace yett::storage::sqlite {

class database;

// Keeps the file to this connection until it is closed: nobody else can open it then. Fails while
// somebody else has it open, and be it without doing anything.
result<void> keep_to_oneself(database& db);

} // namespace yett::storage::sqlite
