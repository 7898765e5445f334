//! The world: the cloud behind its gate, with time as an argument.
//!
//! Owns the order in which a request meets faults, credentials, limits, permissions and its operation. Opens no
//! socket and reads no clock.

use std::collections::VecDeque;
use std::time::Duration;

use ecs_scaling::model::failure::AwsService;
use ecs_scaling::model::names::AccountId;
use jiff::{SignedDuration, Timestamp};

use crate::caller::Caller;
use crate::cloud::{Call, Cloud, Handler};
use crate::counters::{CallKey, CallRecord, Counters};
use crate::error::AwsError;
use crate::faults::{Fault, FaultRule, Faults};
use crate::limits::Limits;
use crate::message::{Outcome, Reply, Request};
use crate::permissions::{DenialStyle, Permissions};
use crate::value::Value;
use crate::wire::{self, Decoded};
use crate::{autoscaling, cloudwatch, ecs, elastic_load_balancing, iam, sts, time, web_identity};

/// The pretended AWS.
#[derive(Debug, Default)]
pub struct World {
    /// What it holds; tests read it, and change it as somebody else would.
    pub cloud: Cloud,
    counters: Counters,
    faults: Faults,
    limits: Limits,
    permissions: Permissions,
    read_lag: SignedDuration,
    /// Earlier clouds, each with the moment of the write that ended it; kept only while reads lag.
    past: VecDeque<(Timestamp, Cloud)>,
    requests: u64,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers one request.
    pub fn handle(&mut self, request: &Request, now: Timestamp) -> Reply {
        self.advance(now);
        self.requests += 1;
        let decoded = match wire::decode(request) {
            Ok(decoded) => decoded,
            Err(response) => return Reply::answer(response),
        };
        let caller = match (decoded.service, decoded.operation.as_str()) {
            (AwsService::Sts, web_identity::OPERATION) => Ok(web_identity::caller(&decoded.input)),
            _ => Caller::identify(request, &self.cloud, now),
        };
        if let Ok(caller) = &caller {
            self.count(caller, &decoded);
        }
        let fault = self.faults.next(decoded.service, &decoded.operation);
        self.carry_out(decoded, caller, fault, now)
    }

    fn carry_out(
        &mut self,
        decoded: Decoded,
        caller: Result<Caller, AwsError>,
        fault: Option<Fault>,
        now: Timestamp,
    ) -> Reply {
        let Decoded { protocol, service, operation, input } = decoded;
        let result = match fault.and_then(|f| f.error(service)) {
            Some(error) => Err(error),
            None if fault.is_some_and(Fault::is_before_effect) => Ok(Value::empty()),
            None => caller.and_then(|caller| self.call(&caller, service, &operation, input, now)),
        };
        let request_id = format!("00000000-0000-4000-8000-{:012x}", self.requests);
        let mut response = wire::encode(&protocol, service, &operation, result.as_ref(), &request_id);
        let outcome = match fault {
            Some(Fault::TimeoutBeforeEffect | Fault::TimeoutAfterEffect) => Outcome::Hang,
            Some(Fault::ResetBeforeEffect | Fault::ResetAfterEffect) => Outcome::Reset,
            Some(Fault::MalformedBody) => {
                response.body = b"<<not an answer".to_vec();
                Outcome::Answer(response)
            }
            _ => Outcome::Answer(response),
        };
        Reply { delay: fault.map(Fault::delay).unwrap_or_default(), outcome }
    }

    /// Calls one operation, past the wire and the faults.
    ///
    /// # Errors
    /// What AWS would answer.
    pub fn call(
        &mut self,
        caller: &Caller,
        service: AwsService,
        operation: &str,
        input: Value,
        now: Timestamp,
    ) -> Result<Value, AwsError> {
        self.advance(now);
        let handler = handler(service, operation).ok_or_else(|| {
            AwsError::sender("UnknownOperationException", format!("{operation} is not served by this double of AWS"))
        })?;
        self.limits.take(&caller.scope, service, operation, now)?;
        let call = Call { caller, scope: &caller.scope, input: &input, now };
        match handler {
            Handler::Read(read) => {
                self.permissions.authorize(&self.cloud, &call, service, operation)?;
                read(self.seen_at(now), &call)
            }
            Handler::Write(write) => {
                let result = self.permissions.authorize(&self.cloud, &call, service, operation).and_then(|()| {
                    self.remember(now);
                    write(&mut self.cloud, &call)
                });
                self.record(caller, service, operation, input, now, &result);
                result
            }
        }
    }

    /// Lets time pass up to `now`; every request does so first.
    pub fn advance(&mut self, now: Timestamp) {
        time::advance(&mut self.cloud, now);
    }

    /// The cloud as reads see it: as it was a lag ago.
    fn seen_at(&self, now: Timestamp) -> &Cloud {
        let seen = now.checked_sub(self.read_lag).unwrap_or(Timestamp::MIN);
        self.past.iter().find(|(ended, _)| *ended > seen).map_or(&self.cloud, |(_, cloud)| cloud)
    }

    fn remember(&mut self, now: Timestamp) {
        if self.read_lag.is_zero() {
            return;
        }
        let seen = now.checked_sub(self.read_lag).unwrap_or(Timestamp::MIN);
        self.past.retain(|(ended, _)| *ended > seen);
        self.past.push_back((now, self.cloud.clone()));
    }

    fn count(&mut self, caller: &Caller, decoded: &Decoded) {
        let key =
            CallKey { scope: caller.scope.clone(), service: decoded.service, operation: decoded.operation.clone() };
        *self.counters.calls.entry(key).or_default() += 1;
    }

    fn record(
        &mut self,
        caller: &Caller,
        service: AwsService,
        operation: &str,
        input: Value,
        at: Timestamp,
        result: &Result<Value, AwsError>,
    ) {
        let call = CallKey { scope: caller.scope.clone(), service, operation: operation.to_owned() };
        let result = result.as_ref().map(|_| ()).map_err(|e| e.code.to_owned());
        self.counters.writes.push(CallRecord { caller: caller.arn.clone(), at, call, input, result });
    }

    /// What was called since the last reset.
    pub fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Forgets counts and writes.
    pub fn reset_counters(&mut self) {
        self.counters = Counters::default();
    }

    /// Lets some of the coming calls go wrong.
    pub fn inject(&mut self, rule: FaultRule) {
        self.faults.add(rule);
    }

    /// Nothing goes wrong any more.
    pub fn clear_faults(&mut self) {
        self.faults.clear();
    }

    /// Denies everybody in an account an action on resources; both are patterns with `*` and `?`.
    pub fn deny(&mut self, account: &AccountId, action: &str, resource_pattern: &str, style: DenialStyle) {
        self.permissions.deny(account, action, resource_pattern, style);
    }

    /// Takes the denials of an action back, as they were spelled.
    pub fn allow(&mut self, account: &AccountId, action: &str) {
        self.permissions.allow(account, action);
    }

    /// Whether calls beyond AWS's quotas are throttled (S-061, S-062). They are not by default.
    pub fn enforce_limits(&mut self, enforced: bool) {
        self.limits.enforced = enforced;
    }

    /// Lets reads show what was so long ago; zero by default.
    pub fn set_read_lag(&mut self, lag: Duration) {
        self.read_lag = SignedDuration::try_from(lag).unwrap_or(SignedDuration::MAX);
        if lag.is_zero() {
            self.past.clear();
        }
    }
}

fn handler(service: AwsService, operation: &str) -> Option<Handler> {
    match service {
        AwsService::Ecs => ecs::handler(operation),
        AwsService::ElasticLoadBalancing => elastic_load_balancing::handler(operation),
        AwsService::ApplicationAutoScaling => autoscaling::handler(operation),
        AwsService::CloudWatch => cloudwatch::handler(operation),
        AwsService::Iam => iam::handler(operation),
        AwsService::Sts => sts::handler(operation),
        AwsService::S3 => None, // another implementation, moto's, stands for it in tests/clients
    }
}
