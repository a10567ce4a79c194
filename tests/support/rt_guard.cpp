// SPDX-License-Identifier: GPL-3.0-or-later
#include "support/rt_guard.hpp"

#include <atomic>
#include <cstdlib>
#include <dlfcn.h>
#include <new>
#include <pthread.h>

namespace attune::test::rt {
namespace {

thread_local int depth = 0;
std::atomic<int> violations{0};
std::atomic<const char*> first{nullptr};

void violation(const char* what) noexcept {
    if (violations.fetch_add(1) == 0) first.store(what);
}

}  // namespace

Scope::Scope() noexcept { ++depth; }
Scope::~Scope() { --depth; }

Report take_report() {
    const char* what = first.exchange(nullptr);
    return {violations.exchange(0), what == nullptr ? "" : what};
}

void check(const char* what) noexcept {
    if (depth > 0) violation(what);
}

}  // namespace attune::test::rt

// The C allocator is interposed, which catches operator new, std containers and C libraries alike.
extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void __libc_free(void*);

void* malloc(std::size_t n) {
    attune::test::rt::check("malloc");
    return __libc_malloc(n);
}
void* calloc(std::size_t n, std::size_t size) {
    attune::test::rt::check("calloc");
    return __libc_calloc(n, size);
}
void* realloc(void* p, std::size_t n) {
    attune::test::rt::check("realloc");
    return __libc_realloc(p, n);
}
void free(void* p) {
    if (p != nullptr) attune::test::rt::check("free");
    __libc_free(p);
}
int pthread_mutex_lock(pthread_mutex_t* m) {
    using Lock = int (*)(pthread_mutex_t*);
    static const Lock real = reinterpret_cast<Lock>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
    attune::test::rt::check("pthread_mutex_lock");
    return real(m);
}
}
