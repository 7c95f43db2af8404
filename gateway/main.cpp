#include "gateway/app/commands/command_line.hpp"

// Every `new` and `delete` of the program, frames of coroutines with them.
#ifdef YETT_MIMALLOC
#include <mimalloc-new-delete.h>
#endif

int main(int argc, char** argv)
{
    return yett::app::run_command_line(argc, argv);
}
