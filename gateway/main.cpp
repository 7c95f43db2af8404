#include "gateway/app/commands/command_line.hpp"

int main(int argc, char** argv)
{
    return yett::app::run_command_line(argc, argv);
}
