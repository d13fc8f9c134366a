using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventGridIntake;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Credentials.ProviderReconciliation;
using AgentWarden.Platform.QueueIntake;
using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Credentials.SecretProvisioning;
using AgentWarden.Credentials.SecretRotation;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>Every function of the program with what it needs, over one API server. The table of contents of the composition.</summary>
internal sealed class WardenFunctions : IDisposable
{
    private readonly KubernetesClient _api;

    public WardenFunctions(KubernetesClient api, HostedParts parts, Func<string, string?> settings, Invocations invocations, ILoggerFactory loggers, TimeProvider clock, IReadOnlySet<string> disabled, ICallerCheck? callers)
    {
        _api = api;
        Caches = new(api, loggers, admissionOnly: parts == HostedParts.Admission);
        var applier = new PlanApplier(api, new(api, api, clock, loggers.CreateLogger("AgentWarden.Events")));
        var secrets = new SecretReader(Caches.Secrets, api);
        var reader = new CredentialReader(Caches, secrets, api);

        IEventFunction[] events =
        [
            new SecretProvisioningFunction(new(reader, Caches, clock), Caches, applier),
            new SecretRotationFunction(new(reader, Caches, clock), Caches, applier, loggers.CreateLogger("AgentWarden.SecretRotation")),
            new ProviderReconciliationFunction(reader, Caches, applier, clock),
            new CredentialPropagationFunction(new(reader, api), applier),
        ];
        var enabled = events.Where(e => !disabled.Contains(e.Name)).ToArray();
        Caches.Feed(secrets);
        var watches = parts.HasFlag(HostedParts.Bridge);
        var elsewhere = LookReports.Elsewhere(settings, clock);
        var inProcess = new InProcessSink(enabled, invocations);
        Bridge = new(BridgedFunction.Of(enabled), watches || elsewhere is null ? inProcess : new ReportingSink(inProcess, elsewhere), clock, loggers.CreateLogger("AgentWarden.EventBridge"));
        // A process that watches for changes itself hears of all of them; one that gets events looks at what it heard of too late.
        var late = watches ? null : new LateChanges(Bridge);
        Caches.Feed((IChangeListener?)late ?? Bridge);
        Dispatcher = new(enabled, api, invocations, clock, late is null ? null : new CacheFreshness(Caches, late));
        var reports = elsewhere ?? new LocalLookReports(Bridge);
        var intakeLog = loggers.CreateLogger("AgentWarden.Intake");
        var messages = new MessageIntake(Dispatcher, reports, intakeLog);
        All =
        [
            .. events,
            new CredentialInjectionFunction(Caches.Accesses, api, invocations),
            new ResourceValidationFunction(Caches.Accesses, Caches.Namespaces, api, invocations),
            new EventIntakeFunction(Dispatcher, reports, new(settings(WebhookHandshake.OriginsSetting)), intakeLog, callers),
            new QueueIntakeFunction(messages),
            new EventGridIntakeFunction(messages),
        ];
    }

    public IReadOnlyList<IFunction> All { get; }

    public CredentialCaches Caches { get; }

    public EventDispatcher Dispatcher { get; }

    public EventBridgeHost Bridge { get; }

    public void Dispose() => _api.Dispose();
}
