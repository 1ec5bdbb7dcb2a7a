// SPDX-License-Identifier: Apache-2.0
#include "client/http_fetches.h"

#include <utility>

namespace forebay::sqs {

class HttpFetches::Fetch final : public HttpExchange {
 public:
  Fetch(HttpFetches& owner, HttpRequest what, int attempts, Done done)
      : owner_(owner), attempts_left_(attempts), done_(std::move(done)) {
    request = std::move(what);
  }

  void begin() {
    --attempts_left_;
    owner_.transport_.start(*this);
  }

  void ended() override {
    const bool failed = response.end != HttpEnd::kResponse || response.status >= 500;
    if (failed && attempts_left_ > 0) return begin();
    const Done done = std::move(done_);
    const HttpResponse answer = std::move(response);
    std::erase_if(owner_.fetches_, [this](const auto& fetch) { return fetch.get() == this; });
    done(answer);  // nothing of this object from here
  }

 private:
  HttpFetches& owner_;
  int attempts_left_;
  Done done_;
};

HttpFetches::HttpFetches(HttpTransport& transport) : transport_(transport) {}

HttpFetches::~HttpFetches() {
  for (const auto& fetch : fetches_) transport_.abandon(*fetch);
}

void HttpFetches::start(HttpRequest request, int attempts, Done done) {
  fetches_.push_back(std::make_unique<Fetch>(*this, std::move(request), attempts, std::move(done)));
  fetches_.back()->begin();
}

}  // namespace forebay::sqs
