using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Credentials.ProviderReconciliation;
using AgentWarden.Credentials.SecretProvisioning;
using AgentWarden.Credentials.SecretRotation;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.Hosting;

namespace AgentWarden.Platform.Composition;

/// <summary>
/// The function classes of a bare process. A Functions host's worker makes them by reflection, from the same declarations;
/// a native program has none, so they are made here, and a declared one that is missing ends the start.
/// </summary>
internal sealed class FunctionClasses
{
    private readonly Dictionary<string, IHttpFunction> _http;
    private readonly Dictionary<string, ITimerFunction> _timers;

    public FunctionClasses(IFunctionEntry entry)
    {
        object[] all =
        [
            new CredentialInjectionFunction(entry),
            new CredentialPropagationFunction(entry),
            new EventIntakeFunction(entry),
            new ProviderReconciliationFunction(entry),
            new ResourceValidationFunction(entry),
            new SecretProvisioningFunction(entry),
            new SecretRotationFunction(entry),
        ];
        _http = all.OfType<IHttpFunction>().ToDictionary(NameOf, StringComparer.Ordinal);
        _timers = all.OfType<ITimerFunction>().ToDictionary(NameOf, StringComparer.Ordinal);
    }

    public IReadOnlyDictionary<string, IHttpFunction> Http => _http;

    /// <summary>The timers that are switched on.</summary>
    public IEnumerable<BoundTimer> Timers(FunctionCatalog catalog) => catalog.Functions
        .Where(f => f is { Disabled: false, Trigger: TimerTrigger })
        .Select(f => new BoundTimer(f.Name, (TimerTrigger)f.Trigger, token => _timers[f.Class].TickAsync(new(), token)));

    private static string NameOf(object function) => function.GetType().FullName!;
}
