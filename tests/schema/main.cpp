#include "schema.hpp"

#include <iostream>

int main() {
    std::cout << config_schema::make();
    return std::cout.flush() ? 0 : 1;
}
