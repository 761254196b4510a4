//! A world before anything happens in it.

use waxseal_model::Nanos;

use crate::clock::Day;
use crate::parameters::{Parameters, ParametersError};
use crate::random::Seed;
use crate::tenant::Tenant;

/// Tenants, people and days. What happens follows from it and from nothing else.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) parameters: Parameters,
    pub(crate) number: u64,
    pub(crate) seed: Seed,
    pub(crate) first: Day,
    pub(crate) tenants: Vec<Tenant>,
}

/// One tenant in its world: what nearly every function of life and intrusion looks at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Scene<'a> {
    pub(crate) world: &'a World,
    pub(crate) tenant: &'a Tenant,
}

impl World {
    /// The world of a seed.
    ///
    /// # Errors
    /// A parameter makes no sense.
    pub(crate) fn new(parameters: Parameters, number: u64) -> Result<Self, ParametersError> {
        parameters.check()?;
        let first = parameters.first_day()?;
        let seed = Seed(number).of("world", 1);
        let count = usize::try_from(parameters.size.tenants).unwrap_or(1);
        let tenants = (0..count).map(|i| Tenant::new(seed, i, &parameters, first)).collect();
        Ok(Self { parameters, number, seed, first, tenants })
    }

    /// Every day of the world.
    pub(crate) fn days(&self) -> impl Iterator<Item = Day> + use<> {
        let first = self.first;
        (0..i64::from(self.parameters.size.days)).map(move |i| first.plus(i))
    }

    /// The first instant after the world, when the last export is made.
    pub(crate) fn end(&self) -> Nanos {
        self.first.plus(i64::from(self.parameters.size.days)).start()
    }

    /// The scene of a tenant.
    pub(crate) fn scene(&self, tenant: usize) -> Scene<'_> {
        Scene { world: self, tenant: &self.tenants[tenant] }
    }
}

impl<'a> Scene<'a> {
    /// The parameters of the world.
    pub(crate) fn parameters(self) -> &'a Parameters {
        &self.world.parameters
    }
}
