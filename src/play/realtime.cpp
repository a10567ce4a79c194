// SPDX-License-Identifier: GPL-3.0-or-later
#include "play/realtime.hpp"

#include <pthread.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace attune::play {
namespace {
constexpr int kRealtimePriority = 10;  // under the sound server's
constexpr int kNice = -11;
}  // namespace

void raise_priority() noexcept {
    sched_param p{};
    p.sched_priority = kRealtimePriority;
    if (pthread_setschedparam(pthread_self(), SCHED_RR, &p) == 0) return;
    (void)setpriority(PRIO_PROCESS, static_cast<id_t>(syscall(SYS_gettid)), kNice);
}

void name_thread(const char* name) noexcept { (void)pthread_setname_np(pthread_self(), name); }

}  // namespace attune::play
