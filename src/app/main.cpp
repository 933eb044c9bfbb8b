#include <gate/app/command_line.hpp>
#include <gate/app/secret_memory.hpp>

#include <exception>
#include <iostream>
#include <utility>

int main(int argc, char** argv) {
    gate::app::bind_loader_functions();
    auto warnings = gate::app::refuse_dumps();
    try {
        return gate::app::run_command_line(argc, argv, std::move(warnings));
    } catch (const std::exception& error) {
        std::cerr << "gate-sidecar: " << error.what() << '\n';
        return gate::app::exit_failure;
    }
}
