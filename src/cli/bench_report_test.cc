// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_report.h"

#include <gtest/gtest.h>

namespace forebay::cli {
namespace {

load::ActionFigures& of(load::LoadFigures& figures, load::Action action) {
  return figures.actions[static_cast<size_t>(action)];
}

/// Two seconds, 200 requests of ten messages, 100 to 299 us.
load::LoadFigures sample() {
  load::LoadFigures figures;
  figures.measured_us = 2'000'000;
  figures.cpu = {.user_us = 300'000, .system_us = 100'000};
  load::ActionFigures& send = of(figures, load::Action::kSend);
  send.requests = 200;
  send.messages = 2000;
  for (uint64_t us = 100; us < 300; ++us) send.service.record(us);
  return figures;
}

BenchArguments arguments_for(BenchFormat format) {
  BenchArguments arguments;
  arguments.batch = 10;
  arguments.format = format;
  return arguments;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST(BenchReport, JsonHasItsNames) {
  EXPECT_EQ(
      bench_report(arguments_for(BenchFormat::kJson), sample()),
      R"({"mix":"send","endpoint":"http://127.0.0.1:9324","raw_target":"","loop":"closed",)"
      R"("rate":0,"connections":16,"threads":1,"batch":10,"body_bytes":1024,"queues":1,"groups":0,)"
      R"("warm_up_seconds":2.000,"seconds":2.000000,"requests_per_second":100.0,)"
      R"("actions":{"send":{"requests":200,"messages":2000,"requests_per_second":100.0,)"
      R"("messages_per_second":1000.0,"errors":0,"empty":0,)"
      R"("latency_us":{"p50":199,"p90":279,"p99":297,"p999":299,"max":299},)"
      R"("service_us":{"p50":199,"p90":279,"p99":297,"p999":299,"max":299}}},)"
      R"("not_started":0,"errors":{},"first_errors":{},"load_cpu_seconds":0.400000,)"
      R"("load_cpu_user_seconds":0.300000,"load_cpu_system_seconds":0.100000,)"
      R"("load_cpu_share":0.2000,"interrupted":false,"notes":[]})"
      "\n");
}

TEST(BenchReport, JsonSurvivesWhatServersSay) {
  load::LoadFigures figures = sample();
  figures.errors.add("Odd\"Code", "line\n\\ \xff");
  EXPECT_TRUE(has(bench_report(arguments_for(BenchFormat::kJson), figures),
                  R"("errors":{"Odd\"Code":1},"first_errors":{"Odd\"Code":"line\u000a\\ ?"})"));
}

TEST(BenchReport, AnOpenLoopReportsResponseAndServiceTimes) {
  load::LoadFigures figures = sample();
  load::ActionFigures& send = of(figures, load::Action::kSend);
  for (int i = 0; i < 200; ++i) send.response.record(5000);
  BenchArguments arguments = arguments_for(BenchFormat::kJson);
  arguments.rate = 100;
  const std::string json = bench_report(arguments, figures);
  EXPECT_TRUE(has(json, R"("loop":"open","rate":100)")) << json;
  EXPECT_TRUE(has(json, R"("latency_us":{"p50":5000)")) << json;
  EXPECT_TRUE(has(json, R"("service_us":{"p50":199)")) << json;
  EXPECT_TRUE(has(json, R"("notes":[])")) << json;
  arguments.format = BenchFormat::kText;
  const std::string text = bench_report(arguments, figures);
  EXPECT_TRUE(has(text, "open loop of 100 requests a second")) << text;
  EXPECT_TRUE(has(text, "Service times")) << text;
}

TEST(BenchReport, CsvHasALineForEachActionThatWasMade) {
  load::LoadFigures figures = sample();
  of(figures, load::Action::kDelete).errors = 3;
  EXPECT_EQ(bench_report(arguments_for(BenchFormat::kCsv), figures),
            "action,seconds,connections,batch,body_bytes,rate,requests,messages,"
            "requests_per_second,messages_per_second,errors,empty,p50_us,p90_us,p99_us,p999_us,"
            "max_us,service_p50_us,service_p90_us,service_p99_us,service_p999_us,service_max_us,"
            "load_cpu_seconds\n"
            "send,2.000000,16,10,1024,0,200,2000,100.0,1000.0,0,0,199,279,297,299,299,199,279,297,"
            "299,299,0.400000\n"
            "delete,2.000000,16,10,1024,0,0,0,0.0,0.0,3,0,0,0,0,0,0,0,0,0,0,0,0.400000\n");
}

TEST(BenchReport, TextTellsRunRatesErrorsAndProcessorTime) {
  load::LoadFigures figures = sample();
  figures.errors.add("OverLimit", "Too many.");
  const std::string text = bench_report(arguments_for(BenchFormat::kText), figures);
  EXPECT_TRUE(has(text,
                  "http://127.0.0.1:9324: send, 10 messages of 1,024 bytes a request, 1 queue"
                  "\n16 connections, 1 thread, closed loop, 2.00 s measured after 2.0 s of "
                  "warm-up\n"))
      << text;
  EXPECT_TRUE(has(text, "send         200       100.0      1000.0       0  199 us  279 us"))
      << text;
  EXPECT_TRUE(has(text, "Errors:\n  1 OverLimit: Too many.\n")) << text;
  EXPECT_TRUE(
      has(text, "Processor time of the load program: 0.40 s (0.30 user, 0.10 system), 20 %"))
      << text;
  EXPECT_FALSE(has(text, "receive")) << text;
}

TEST(BenchNotes, SayWhoCouldNotKeepUp) {
  load::LoadFigures figures = sample();
  BenchArguments arguments;
  arguments.rate = 200;
  figures.not_started = 150;
  const std::vector<std::string> server = bench_notes(arguments, figures);
  ASSERT_EQ(server.size(), 1u);
  EXPECT_TRUE(has(server[0], "100.0 of 200.0 requests a second; 150 were due")) << server[0];
  EXPECT_TRUE(has(server[0], "The server did not keep up")) << server[0];
  figures.cpu.user_us = 1'900'000;
  const std::vector<std::string> load = bench_notes(arguments, figures);
  ASSERT_EQ(load.size(), 2u);
  EXPECT_TRUE(has(load[0], "The load program was the bottleneck")) << load[0];
  EXPECT_TRUE(has(load[1], "used 100 % of a core with 1 thread")) << load[1];
}

TEST(BenchNotes, ARateThatWasReachedNeedsNone) {
  BenchArguments arguments;
  arguments.rate = 100.5;
  EXPECT_TRUE(bench_notes(arguments, sample()).empty());
}

TEST(BenchNotes, TellOfInterruptionsAndEmptyReceives) {
  load::LoadFigures figures = sample();
  figures.interrupted = true;
  of(figures, load::Action::kReceive).requests = 10;
  of(figures, load::Action::kReceive).empty = 4;
  const std::vector<std::string> notes = bench_notes(BenchArguments{}, figures);
  ASSERT_EQ(notes.size(), 2u);
  EXPECT_EQ(notes[0], "The run was interrupted before its end.");
  EXPECT_EQ(notes[1], "4 of 10 receives found nothing.");
}

TEST(LatencyText, HasThreeDigits) {
  EXPECT_EQ(latency_text(0), "0 us");
  EXPECT_EQ(latency_text(999), "999 us");
  EXPECT_EQ(latency_text(1234), "1.23 ms");
  EXPECT_EQ(latency_text(123'456), "123 ms");
  EXPECT_EQ(latency_text(2'500'000), "2.50 s");
}

}  // namespace
}  // namespace forebay::cli
