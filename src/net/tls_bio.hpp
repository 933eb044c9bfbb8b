#pragma once
// Where OpenSSL reads and writes: the blocks of a tls_state.

#include "openssl.hpp"

namespace gate::net {

class tls_state;

struct tls_bio {
    // Throws std::bad_alloc.
    static bio_pointer make(tls_state& state);

    static int read(BIO* bio, char* to, std::size_t wanted, std::size_t* taken);
    static int write(BIO* bio, const char* from, std::size_t size, std::size_t* put);
};

}  // namespace gate::net
