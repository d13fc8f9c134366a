using AgentWarden.Credentials;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;
using AgentWarden.Kernel.Status;
using Spectre.Console;

namespace AgentWarden.Platform.Composition.Showing;

/// <summary>Shows what became of the guide's example: the access, its Secret (keys and digests, no values), the pod's variables, the conditions and the Events.</summary>
internal sealed class GuideView(KubernetesClient api, IAnsiConsole console)
{
    private const string Namespace = "kagent", Access = "agent-anthropic", Workload = "kagent.dev/agent=reasoning-agent";

    private readonly ServerTable _tables = new(api);

    /// <summary>Waits until the example has settled, or until it is clear that it will not.</summary>
    public async Task<bool> WaitAsync(TimeSpan patience, CancellationToken cancellation)
    {
        for (var waited = TimeSpan.Zero; waited < patience; waited += TimeSpan.FromMilliseconds(100))
        {
            if (await AccessAsync(cancellation) is { } access && Conditions.IsTrue(access.Status?.Conditions, "Ready") && await IsCountedAsync(access, cancellation) && (await PodsAsync(cancellation)).Count > 0)
            {
                // The Events are written in the background, just after.
                await Task.Delay(TimeSpan.FromMilliseconds(300), cancellation);
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), cancellation);
        }

        return false;
    }

    /// <summary>The provider counts its accesses about a second later.</summary>
    private async Task<bool> IsCountedAsync(LLMAccess access, CancellationToken cancellation) =>
        (await api.GetAsync(CredentialKinds.LLMProvider, null, access.Spec.ProviderRef.Name, CredentialJson.Default.LLMProvider, cancellation))?.Status?.AccessCount > 0;

    public async Task ShowAsync(bool withPod, CancellationToken cancellation)
    {
        await TableAsync("The platform team's provider", "kubectl get llmproviders", CredentialKinds.LLMProvider, null, null, cancellation);
        await TableAsync("The agent team's access", $"kubectl get llmaccess -n {Namespace}", CredentialKinds.LLMAccess, Namespace, null, cancellation);
        var access = await AccessAsync(cancellation);
        if (access is null)
        {
            return;
        }

        ShowConditions(access);
        await SecretAsync(access, cancellation);
        if (withPod)
        {
            await PodAsync(cancellation);
        }

        await EventsAsync(cancellation);
        if (access.Status?.NextRotation is { } next)
        {
            Heading("Next rotation", null);
            console.MarkupLine($"  {KubernetesTime.Format(next)} [grey](last {(access.Status.LastRotation is { } last ? KubernetesTime.Format(last) : "never")})[/]");
        }
    }

    private async Task TableAsync(string title, string command, ResourceKind kind, string? ns, string? name, CancellationToken cancellation)
    {
        Heading(title, command);
        if (await _tables.GetAsync(kind, ns, name, cancellation) is { } table)
        {
            console.Write(new Padder(table, new Padding(2, 0, 0, 0)));
        }
        else
        {
            console.MarkupLine("  [grey]none[/]");
        }
    }

    private void ShowConditions(LLMAccess access)
    {
        foreach (var condition in access.Status?.Conditions ?? [])
        {
            var colour = condition.Status == Conditions.True ? "green" : "yellow";
            console.MarkupLine($"  [{colour}]{condition.Type}={condition.Status}[/] {Markup.Escape(condition.Reason)} [grey]{Markup.Escape(condition.Message)}[/]");
        }
    }

    private async Task SecretAsync(LLMAccess access, CancellationToken cancellation)
    {
        await TableAsync("The Secret that was created", $"kubectl get secret {access.Spec.SecretName} -n {Namespace}", KubernetesKinds.Secret, Namespace, access.Spec.SecretName, cancellation);
        var secret = await api.GetAsync(KubernetesKinds.Secret, Namespace, access.Spec.SecretName, SecretJson.Default.SecretObject, cancellation);
        foreach (var (key, value) in secret?.Data ?? new Dictionary<string, SecretValue>(StringComparer.Ordinal))
        {
            console.MarkupLine($"  {Markup.Escape(key)} [grey]{Markup.Escape(value.ToString())}[/]");
        }
    }

    private async Task PodAsync(CancellationToken cancellation)
    {
        Heading("The pod, and what was injected", $"kubectl get pods -n {Namespace} -l {Workload} -o yaml");
        foreach (var pod in await PodsAsync(cancellation))
        {
            console.MarkupLine($"  [bold]{Markup.Escape(pod.Metadata.Name)}[/] [grey]{CredentialNames.InjectionStatus}: {Markup.Escape(pod.Metadata.Annotation(CredentialNames.InjectionStatus) ?? "absent")}[/]");
            foreach (var container in pod.Spec.Containers ?? [])
            {
                foreach (var variable in container.Env ?? [])
                {
                    var source = variable.ValueFrom?.SecretKeyRef is { } key ? $"from Secret {key.Name}, key {key.Key}" : "set by its author";
                    console.MarkupLine($"    {Markup.Escape(container.Name)}: [green]{Markup.Escape(variable.Name)}[/] [grey]{Markup.Escape(source)}[/]");
                }
            }
        }
    }

    private async Task EventsAsync(CancellationToken cancellation)
    {
        Heading("Events", $"kubectl get events -n {Namespace}");
        var events = new List<ShownEvent>();
        await foreach (var shown in api.ListAsync(KubernetesKinds.Event, Namespace, ListOptions.All, ShownJson.Default.ShownEvent, cancellation))
        {
            events.Add(shown);
        }

        foreach (var shown in events.Where(e => e.IsOurs).OrderBy(e => e.LastTimestamp))
        {
            console.Write("  ");
            EventTicker.Print(console, shown);
        }
    }

    private Task<LLMAccess?> AccessAsync(CancellationToken cancellation) =>
        api.GetAsync(CredentialKinds.LLMAccess, Namespace, Access, CredentialJson.Default.LLMAccess, cancellation);

    private async Task<List<ShownPod>> PodsAsync(CancellationToken cancellation)
    {
        var pods = new List<ShownPod>();
        await foreach (var pod in api.ListAsync(KubernetesKinds.Pod, Namespace, new() { LabelSelector = Workload }, ShownJson.Default.ShownPod, cancellation))
        {
            pods.Add(pod);
        }

        return pods;
    }

    private void Heading(string title, string? command)
    {
        console.WriteLine();
        console.MarkupLine(command is null ? $"[bold]{title}[/]" : $"[bold]{title}[/] [grey]{Markup.Escape(command)}[/]");
    }
}
