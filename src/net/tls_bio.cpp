#include "tls_bio.hpp"

#include "tls_state.hpp"

#include <new>

namespace gate::net {
namespace {

using method_pointer = std::unique_ptr<BIO_METHOD, freed_by<BIO_meth_free>>;

tls_state& state_of(BIO* bio) noexcept {
    return *static_cast<tls_state*>(BIO_get_data(bio));
}

// OpenSSL flushes; what has been written is sent when its function returns.
long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
}

method_pointer make_method() {
    method_pointer out(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "connection"));
    if (!out) throw std::bad_alloc();
    BIO_meth_set_read_ex(out.get(), &tls_bio::read);
    BIO_meth_set_write_ex(out.get(), &tls_bio::write);
    BIO_meth_set_ctrl(out.get(), &control);
    BIO_meth_set_create(out.get(), &create);
    return out;
}

}  // namespace

bio_pointer tls_bio::make(tls_state& state) {
    static const method_pointer method = make_method();
    bio_pointer out(BIO_new(method.get()));
    if (!out) throw std::bad_alloc();
    BIO_set_data(out.get(), &state);
    return out;
}

int tls_bio::read(BIO* bio, char* to, std::size_t wanted, std::size_t* taken) {
    BIO_clear_retry_flags(bio);
    auto& state = state_of(bio);
    if (state.take_in(to, wanted, *taken)) return 1;
    if (state.failure_ == 0) BIO_set_retry_read(bio);
    return 0;
}

int tls_bio::write(BIO* bio, const char* from, std::size_t size, std::size_t* put) {
    BIO_clear_retry_flags(bio);
    if (!state_of(bio).put_out({from, size})) return 0;
    *put = size;
    return 1;
}

}  // namespace gate::net
