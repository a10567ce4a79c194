// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
/// Does the listener follow? No progress over two items -> ask "stay here / go on / back"
/// (affect_spec C, LAG). Intensity is never raised to drag somebody along.
///
/// In       the estimate's distance to the target where the move begins and at the end of each of its items
/// Threads  a value; one owner
#include <optional>

namespace attune::choose {

class Lag {
public:
    static constexpr double kProgress = .03;   ///< over two items; chosen
    static constexpr int kItems = 2;

    /// Where the first item of a move begins; later calls say nothing new.
    void on_move_begin(double distance) {
        if (!reference_) restart(distance);
    }
    /// `distance` = from the estimated mean to the target set when an item ends; 0 = arrived.
    void on_item_end(double distance) {
        if (!reference_ || distance <= 0.0) {
            restart(distance);
            return;
        }
        if (*reference_ - distance >= kProgress) {
            restart(distance);
            return;
        }
        if (++items_ >= kItems) {
            lagging_ = true;
            restart(distance);
        }
    }
    /// True once; then two more items without progress are needed.
    [[nodiscard]] bool take_question() {
        const bool was = lagging_;
        lagging_ = false;
        return was;
    }
    /// Hold, back, a new target: what was before no longer counts.
    void reset() {
        reference_.reset();
        items_ = 0;
        lagging_ = false;
    }

private:
    void restart(double distance) {
        reference_ = distance;
        items_ = 0;
    }
    std::optional<double> reference_;
    int items_ = 0;
    bool lagging_ = false;
};

}  // namespace attune::choose
