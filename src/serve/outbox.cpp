// SPDX-License-Identifier: GPL-3.0-or-later
#include "serve/outbox.hpp"

namespace attune::serve {

bool Outbox::push(Bytes bytes, bool binary) {
    std::shared_ptr<const std::function<void()>> wake;
    bool taken = false;
    {
        const std::lock_guard lock(mutex_);
        if (reason_ != CloseReason::kNone) return false;
        const bool was_empty = queue_.empty();
        if (bytes_ + bytes->size() > max_bytes_ || queue_.size() >= max_messages_) {
            queue_.clear();
            bytes_ = 0;
            reason_ = CloseReason::kTooSlow;
            wake = wake_;
        } else {
            bytes_ += bytes->size();
            queue_.push_back({std::move(bytes), binary});
            taken = true;
            if (was_empty) wake = wake_;
        }
    }
    if (wake && *wake) (*wake)();
    return taken;
}

void Outbox::close(CloseReason reason) {
    std::shared_ptr<const std::function<void()>> wake;
    {
        const std::lock_guard lock(mutex_);
        if (reason_ != CloseReason::kNone) return;
        reason_ = reason;
        wake = wake_;
    }
    if (wake && *wake) (*wake)();
}

CloseReason Outbox::closed() const {
    const std::lock_guard lock(mutex_);
    return reason_;
}

std::optional<Outbox::Message> Outbox::pop() {
    const std::lock_guard lock(mutex_);
    if (queue_.empty()) return std::nullopt;
    Message front = std::move(queue_.front());
    queue_.pop_front();
    bytes_ -= front.bytes->size();
    return front;
}

std::size_t Outbox::queued_bytes() const {
    const std::lock_guard lock(mutex_);
    return bytes_;
}

void Outbox::on_ready(std::function<void()> wake) {
    const std::lock_guard lock(mutex_);
    wake_ = wake ? std::make_shared<const std::function<void()>>(std::move(wake)) : nullptr;
}

}  // namespace attune::serve
