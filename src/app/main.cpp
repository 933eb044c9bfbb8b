#include <gate/app/command_line.hpp>
#include <gate/app/secret_memory.hpp>

#include <exception>
#include <iostream>

int main(int argc, char** argv) {
    gate::app::refuse_dumps();
    try {
        return gate::app::run_command_line(argc, argv);
    } catch (const std::exception& error) {
        std::cerr << "gate-sidecar: " << error.what() << '\n';
        return gate::app::exit_failure;
    }
}
