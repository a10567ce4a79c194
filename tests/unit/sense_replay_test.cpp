// SPDX-License-Identifier: GPL-3.0-or-later
#include "sense/replay_source.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>

#include <edflib.h>

namespace attune::sense {
namespace {

namespace fs = std::filesystem;
using flow::Channel;

class Folder {
public:
    Folder() {
        std::string name = (fs::temp_directory_path() / "attune_replay_XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    ~Folder() { fs::remove_all(path_); }
    void write(const char* name, const std::string& text) const { std::ofstream(path_ / name) << text; }
    [[nodiscard]] std::string str() const { return path_.string(); }
    [[nodiscard]] fs::path operator/(const char* name) const { return path_ / name; }

private:
    fs::path path_;
};

void expect_refused(const Result<Recording>& made, const char* part, const char* place) {
    ASSERT_FALSE(made) << part;
    EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().describe();
    EXPECT_NE(made.error().describe().find(place), std::string::npos) << made.error().describe();
}

TEST(ReplayCsv, UnitsAreConvertedAndTheRateIsTheHeaders) {
    const auto r = parse_csv("# attune-csv 1\n# device Test\n# start 2026-01-31T09:05:00.25Z\neda[nS]@4,temp[degF]@4\n500,86\n510,86\n", "x.csv");
    ASSERT_TRUE(r) << r.error().describe();
    ASSERT_EQ(r->channels.size(), 2U);
    EXPECT_FLOAT_EQ(r->channels[0].segments[0].samples[1], .51F);
    EXPECT_FLOAT_EQ(r->channels[1].segments[0].samples[0], 30.0F);
    EXPECT_EQ(r->channels[0].rate_hz, 4.0);
    EXPECT_EQ(r->device, "Test");
    EXPECT_EQ(*r->wall_start_ns, 1769850300250000000);
}

TEST(ReplayCsv, AMissingValueAndAJumpOfTheClockSplitTheSegmentAndNothingIsFilledIn) {
    const auto r = parse_csv("t[s],eda[microsiemens]@4\n0,1\n0.25,1\n0.5,\n0.75,2\n1.0,2\n1.25,2\n9.25,3\n9.5,3\n", "x.csv");
    ASSERT_TRUE(r) << r.error().describe();
    const auto& segments = r->channels[0].segments;
    ASSERT_EQ(segments.size(), 3U);
    EXPECT_EQ(segments[1].t.ns, 750'000'000);
    EXPECT_EQ(segments[1].gap_ns, 250'000'000);
    EXPECT_EQ(segments[2].gap_ns, 7'750'000'000);
    std::size_t n = 0;
    for (const auto& s : segments) n += s.samples.size();
    EXPECT_EQ(n, 7U);
}

TEST(ReplayCsv, AJumpOfFiftyMillisecondsIsJitterOfSixtyIsAGap) {
    EXPECT_EQ(parse_csv("t[ms],eda[uS]@4\n0,1\n250,1\n549,1\n", "x")->channels[0].segments.size(), 1U);
    EXPECT_EQ(parse_csv("t[ms],eda[uS]@4\n0,1\n250,1\n561,1\n", "x")->channels[0].segments.size(), 2U);
}

TEST(ReplayCsv, AClockThatGoesBackNeverMakesTimeGoBackAndSaysHowUnsureItIs) {
    const auto r = parse_csv("t[s],eda[uS]@4\n100,1\n100.25,1\n3,2\n3.25,2\n", "x");
    ASSERT_TRUE(r);
    const auto& s = r->channels[0].segments;
    ASSERT_EQ(s.size(), 2U);
    EXPECT_GE(s[1].t, s[0].t + milliseconds(500));
    EXPECT_GT(s[1].t_sigma_ns, 90'000'000'000);
}

TEST(ReplayCsv, ErrorsNameValueRangeLineAndColumn) {
    expect_refused(parse_csv("eda[uS]@4\n1\nx\n", "a.csv"), "'x' is not a number", "a.csv:3 column 1");
    expect_refused(parse_csv("eda[uS]@4\n1,2\n", "a.csv"), "2 values where the header has 1", "a.csv:2");
    expect_refused(parse_csv("eda@4\n", "a.csv"), "has no [unit]", "a.csv:1 column 1");
    expect_refused(parse_csv("edaa[uS]@4\n", "a.csv"), "did you mean 'eda'", "a.csv:1");
    expect_refused(parse_csv("eda[kg]@4\n", "a.csv"), "known: microsiemens", "a.csv:1");
    expect_refused(parse_csv("eda[uS]@5000\n", "a.csv"), "0..1000 Hz", "a.csv:1");
    expect_refused(parse_csv("eda[uS]@0\n", "a.csv"), "0..1000 Hz", "a.csv:1");
    expect_refused(parse_csv("eda[uS]\n", "a.csv"), "when was it sampled", "a.csv:1");
    expect_refused(parse_csv("eda[uS]@4,temp[C]@1\n", "a.csv"), "one rate", "a.csv:1 column 2");
    expect_refused(parse_csv("# attune-csv 9\n", "a.csv"), "version '9'", "a.csv:1");
    expect_refused(parse_csv("# start yesterday\n", "a.csv"), "'yesterday'", "a.csv:1");
    expect_refused(parse_csv("", "a.csv"), "no header", "a.csv");
}

TEST(ReplayE4, UnixAndDateStringStartsAreTheSame) {
    const auto a = parse_e4("EDA", "1361382919.000000\n4.000000\n0.1\n0.2\n", "EDA.csv");
    const auto b = parse_e4("EDA", "2013-02-20 17:55:19\r\n4.0\r\n0.1\r\n0.2\r\n", "EDA.csv");
    ASSERT_TRUE(a && b);
    EXPECT_EQ(a->wall_start_ns, b->wall_start_ns);
    EXPECT_EQ(a->channels[0].segments[0].samples, b->channels[0].segments[0].samples);
    EXPECT_EQ(a->device, "Empatica E4");
}

TEST(ReplayE4, AFolderIsPutOnOneTimeLineInOurUnits) {
    const Folder folder;
    folder.write("EDA.csv", "1000.0\n4.0\n0.5\n0.6\n");
    folder.write("ACC.csv", "1000.0, 1000.0, 1000.0\n32.0, 32.0, 32.0\n64,0,-32\n");
    folder.write("HR.csv", "1010.0\n1.0\n70\n");
    folder.write("IBI.csv", "1000.0, IBI\n5.0,0.8\n5.9,0.9\n20.0,1.0\n");
    folder.write("tags.csv", "1003.5\n");
    folder.write("subject.csv", "age,sex\n1,f\n");
    const auto r = read_recording(folder.str());
    ASSERT_TRUE(r) << r.error().describe();
    std::map<Channel, const RecordedChannel*> by;
    for (const auto& c : r->channels) by[c.channel] = &c;
    EXPECT_EQ(by[Channel::kHeartRate]->segments[0].t.ns, 10'000'000'000);
    EXPECT_FLOAT_EQ(by[Channel::kAccelX]->segments[0].samples[0], 1.0F);
    EXPECT_FLOAT_EQ(by[Channel::kAccelZ]->segments[0].samples[0], -.5F);
    ASSERT_EQ(by[Channel::kRr]->segments.size(), 2U);   // beats that the device did not trust are a hole
    EXPECT_FLOAT_EQ(by[Channel::kRr]->segments[0].samples[1], 900.0F);
    EXPECT_EQ(by[Channel::kRr]->segments[1].gap_ns, 13'100'000'000);
    ASSERT_EQ(r->marks.size(), 1U);
    EXPECT_EQ(r->marks[0].t.ns, 3'500'000'000);
    ASSERT_EQ(r->notes.size(), 1U);
    EXPECT_NE(r->notes[0].find("subject.csv"), std::string::npos);
}

TEST(ReplayE4, ErrorsNameFileLineAndValue) {
    expect_refused(parse_e4("EDA", "", "EDA.csv"), "row 1 holds the start", "EDA.csv:1");
    expect_refused(parse_e4("EDA", "soon\n4\n", "EDA.csv"), "'soon'", "EDA.csv:1");
    expect_refused(parse_e4("EDA", "0013-02-20 17:55:19\n4\n1\n", "EDA.csv"), "0013-02-20", "EDA.csv:1");
    expect_refused(parse_e4("EDA", "1000\n-4\n", "EDA.csv"), "rate '-4'", "EDA.csv:2");
    expect_refused(parse_e4("EDA", "1000\n4\n0.1\nnan\n", "EDA.csv"), "'nan' is not a number", "EDA.csv:4");
    expect_refused(parse_e4("ACC", "1000\n32\n1,2\n", "ACC.csv"), "2 values where ACC has 3", "ACC.csv:3");
    expect_refused(parse_e4("IBI", "1000, IBI\n5,0.8\n1684532969.0, IBI\n", "IBI.csv"), "is not 'seconds since start", "IBI.csv:3");
    const Folder folder;
    folder.write("EDA.csv", "2013-02-20 17:55:19\n4\n0.1\n");
    folder.write("IBI.csv", "1959-10-05 01:02:03\n1,0.8\n");
    expect_refused(read_recording(folder.str()), "at most a day", "IBI.csv:1");
}

TEST(ReplayE4, ABrokenListOfBeatsIsLeftOutAndNamedForTheWaveIsThere) {
    const Folder folder;
    folder.write("EDA.csv", "1000.0\n4.0\n0.5\n0.6\n");
    folder.write("IBI.csv", "1000, IBI\n5,0.8\n1684532969.0, IBI\n");
    const auto r = read_recording(folder.str());
    ASSERT_TRUE(r) << r.error().describe();
    ASSERT_EQ(r->channels.size(), 1U);
    ASSERT_EQ(r->notes.size(), 1U);
    EXPECT_NE(r->notes[0].find("IBI.csv:3"), std::string::npos) << r->notes[0];
    EXPECT_NE(r->notes[0].find("left out"), std::string::npos);
}

TEST(Replay, AMissingOrEmptyFolderSaysWhatIsWanted) {
    const auto missing = read_recording("/nonexistent/folder");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().code, ErrorCode::kNotFound);
    const Folder folder;
    expect_refused(read_recording(folder.str()), "E4", folder.str().c_str());
}

Recording two_channels() {
    std::string text = "eda[uS]@4,temp[C]@4\n";
    for (int i = 0; i < 4 * 30; ++i) text += std::to_string(1 + i * .01) + ",33\n";
    return *parse_csv(text, "x.csv");
}

TEST(Replay, AnyStepsOfPullingGiveTheSameFrames) {
    const auto all = [](double step_s) {
        ReplaySource source(two_channels(), {});
        Batch out;
        for (double t = step_s; !source.finished(); t += step_s) EXPECT_TRUE(source.pull({from_seconds(t).ns}, out));
        return out.frames;
    };
    const auto a = all(.1), b = all(7.3);
    ASSERT_EQ(a.size(), 60U);
    ASSERT_EQ(a.size(), b.size());
    std::map<Channel, std::vector<float>> x, y;
    for (const auto& f : a) x[f.channel].insert(x[f.channel].end(), f.samples.begin(), f.samples.end());
    for (const auto& f : b) y[f.channel].insert(y[f.channel].end(), f.samples.begin(), f.samples.end());
    EXPECT_EQ(x, y);
    EXPECT_EQ(a.front().provenance.origin, flow::Origin::kReplayed);
}

TEST(Replay, NothingComesBeforeItsTime) {
    ReplaySource source(two_channels(), {});
    Batch out;
    ASSERT_TRUE(source.pull({from_seconds(5.0).ns}, out));
    for (const auto& f : out.frames) EXPECT_LT(f.t.seconds() + static_cast<double>(f.samples.size() - 1) / f.rate_hz, 5.0);
    EXPECT_EQ(out.frames.size(), 10U);
}

TEST(Replay, StartSkipsAndMovesTheTimeLine) {
    ReplayOptions options;
    options.start_s = 10.0;
    ReplaySource source(two_channels(), options);
    Batch out;
    ASSERT_TRUE(source.pull({from_seconds(1.0).ns}, out));
    ASSERT_EQ(out.frames.size(), 2U);
    EXPECT_EQ(out.frames[0].t.ns, 0);
    EXPECT_FLOAT_EQ(out.frames[0].samples[0], 1.4F);
}

TEST(ReplayEdf, AFileThatWeWroteComesBackInOurUnitsWithItsMarks) {
    const Folder folder;
    const std::string path = (folder / "night.edf").string();
    const int handle = edfopen_file_writeonly(path.c_str(), EDFLIB_FILETYPE_EDFPLUS, 2);
    ASSERT_GE(handle, 0);
    const char* labels[] = {"ECG", "EEG Fp1"};
    const char* units[] = {"uV", "uV"};
    for (int s = 0; s < 2; ++s) {
        edf_set_samplefrequency(handle, s, 128);
        edf_set_physical_maximum(handle, s, 3000);
        edf_set_physical_minimum(handle, s, -3000);
        edf_set_digital_maximum(handle, s, 32767);
        edf_set_digital_minimum(handle, s, -32768);
        edf_set_label(handle, s, labels[s]);
        edf_set_physical_dimension(handle, s, units[s]);
    }
    edf_set_startdatetime(handle, 2026, 1, 31, 9, 5, 0);
    std::vector<double> samples(128, 1500.0);
    for (int record = 0; record < 5; ++record) {
        for (int s = 0; s < 2; ++s) edfwrite_physical_samples(handle, samples.data());
    }
    edfwrite_annotation_utf8(handle, 20000, -1, "eyes closed");
    edfclose_file(handle);
    const auto r = read_recording(folder.str());
    ASSERT_TRUE(r) << r.error().describe();
    ASSERT_EQ(r->channels.size(), 2U);
    EXPECT_EQ(r->channels[0].channel, Channel::kEcg);
    EXPECT_NEAR(r->channels[0].segments[0].samples[0], 1.5, 1e-3);
    EXPECT_EQ(r->channels[1].label, "Fp1");
    EXPECT_EQ(r->channels[0].segments[0].samples.size(), 640U);
    EXPECT_EQ(*r->wall_start_ns, 1769850300000000000);
    ASSERT_EQ(r->marks.size(), 1U);
    EXPECT_EQ(r->marks[0].text, "eyes closed");
    EXPECT_EQ(r->marks[0].t.ns, 2'000'000'000);
}

TEST(ReplayEdf, AFileThatIsNoneIsCorrupt) {
    const Folder folder;
    folder.write("a.edf", std::string(600, 'x'));
    const auto r = read_recording(folder.str());
    ASSERT_FALSE(r);
    EXPECT_EQ(r.error().code, ErrorCode::kCorrupt) << r.error().describe();
}

}  // namespace
}  // namespace attune::sense
