using AgentWarden.Credentials.CredentialInjection;
using AgentWarden.Credentials.CredentialPropagation;
using AgentWarden.Credentials.CredentialReading;
using AgentWarden.Platform.EventBridge;
using AgentWarden.Platform.EventBridge.Sinks;
using AgentWarden.Platform.EventIntake;
using AgentWarden.Platform.CloudEvents;
using AgentWarden.Kernel.Contracts;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Planning;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Telemetry;
using AgentWarden.Credentials.ProviderReconciliation;
using AgentWarden.Admission.ResourceValidation;
using AgentWarden.Credentials.SecretProvisioning;
using AgentWarden.Credentials.SecretRotation;
using Microsoft.Extensions.Logging;

namespace AgentWarden.Platform.Composition;

/// <summary>Every function of the program with what it needs, over one API server. The table of contents of the composition.</summary>
internal sealed class WardenFunctions : IDisposable
{
    private readonly KubernetesClient _api;

    public WardenFunctions(KubernetesClient api, WardenOptions options, Invocations invocations, ICallerCheck? callers)
    {
        _api = api;
        var (loggers, clock) = (options.Loggers, options.Clock);
        Caches = new(api, loggers, admissionOnly: options.Parts == HostedParts.Admission);
        var secrets = new SecretReader(Caches.Secrets, api);
        var events = EventHandlers(api, secrets, loggers, clock);
        IEventHandler[] enabled = [.. events.Where(e => options.TakesEvents(e.Name))];
        Caches.Feed(secrets);
        var watches = options.Parts.HasFlag(HostedParts.Bridge);
        var elsewhere = LookReports.Elsewhere(options.Settings, clock);
        var inProcess = new InProcessSink(enabled, invocations);
        IEventSink sink = watches || elsewhere is null ? inProcess : new ReportingSink(inProcess, elsewhere);
        Bridge = new(BridgedFunction.Of(enabled), sink, clock, loggers.CreateLogger("AgentWarden.EventBridge"));
        // A process that watches for changes itself hears of all of them; one that gets events looks at what it heard of too late.
        var late = watches ? null : new LateChanges(Bridge);
        Caches.Feed((IChangeListener?)late ?? Bridge);
        Dispatcher = new(enabled, api, invocations, clock, late is null ? null : new CacheFreshness(Caches, late));
        var reports = elsewhere ?? new LocalLookReports(Bridge);
        var log = loggers.CreateLogger("AgentWarden.Intake");
        var handshake = new WebhookHandshake(options.Settings(WebhookHandshake.OriginsSetting));
        Intake = new(Dispatcher, reports, handshake, log, callers);
        Handlers =
        [
            .. events,
            new CredentialInjectionHandler(Caches.Accesses, api, invocations),
            new ResourceValidationHandler(Caches.Accesses, Caches.Namespaces, api, invocations),
            Intake,
        ];
    }

    /// <summary>All of them, whatever is switched on: rights and reference are written from this.</summary>
    public IReadOnlyList<IHandler> Handlers { get; }

    public EventIntakeHandler Intake { get; }

    public CredentialCaches Caches { get; }

    public EventDispatcher Dispatcher { get; }

    public EventBridgeHost Bridge { get; }

    public void Dispose() => _api.Dispose();

    private IEventHandler[] EventHandlers(KubernetesClient api, SecretReader secrets, ILoggerFactory loggers, TimeProvider clock)
    {
        var applier = new PlanApplier(api, new(api, api, clock, loggers.CreateLogger("AgentWarden.Events")));
        var reader = new CredentialReader(Caches, secrets, api);
        return
        [
            new SecretProvisioningHandler(new(reader, Caches, clock), Caches, applier),
            new SecretRotationHandler(new(reader, Caches, clock), Caches, applier, loggers.CreateLogger("AgentWarden.SecretRotation")),
            new ProviderReconciliationHandler(reader, Caches, applier, clock),
            new CredentialPropagationHandler(new(reader, api), applier),
        ];
    }
}
