using AgentWarden.Kernel.Kubernetes;

namespace AgentWarden.Kernel.Planning;

/// <summary>Turns plans into API calls. Nothing else writes what a function decided.</summary>
/// <remarks>
/// Order: object writes, then Events, then status. A failure stops the plan where it is; because every step is guarded
/// (create-only, UID and version preconditions, apply of owned fields), the next look finishes what is left.
/// </remarks>
internal sealed class PlanApplier(IKubernetesWriter writer, EventRecorder recorder)
{
    /// <summary>Applies the plan as <paramref name="function"/>.</summary>
    /// <exception cref="KubernetesException">A write was refused or got no answer.</exception>
    public async Task<AppliedPlan> ApplyAsync(string function, Plan plan, CancellationToken cancellation)
    {
        if (plan.IsEmpty)
        {
            return AppliedPlan.Nothing;
        }

        var manager = FieldManager(function);
        var written = new List<ObjectMeta?>(plan.Writes.Count);
        foreach (var write in plan.Writes)
        {
            written.Add(await WriteAsync(manager, write, cancellation));
        }

        // Before the status: who sees the status change finds the Event that explains it, also after a stop in between.
        foreach (var note in plan.Notes)
        {
            await recorder.RecordAsync(function, note, cancellation);
        }

        var statusWritten = plan.Status is { } status ? await WriteStatusAsync(manager, status, cancellation) : null;

        return new(written, statusWritten);
    }

    /// <summary>One field manager per function, so that <c>kubectl get --show-managed-fields</c> says which one owns what.</summary>
    public static string FieldManager(string function) => $"agent-warden/{function}";

    private async Task<ObjectMeta?> WriteAsync(string manager, Write write, CancellationToken cancellation)
    {
        var (kind, ns, name) = (write.Target.Kind, write.Target.Namespace, write.Target.Name);
        switch (write)
        {
            case CreateObject create:
                return await writer.CreateAsync(kind, ns, manager, PlanBodies.Object(create.Object, create.Target, preconditions: false), cancellation);
            case ApplyObject apply:
                return await writer.ApplyAsync(kind, ns, name, subresource: null, manager, PlanBodies.Object(apply.Object, apply.Target, preconditions: true), cancellation);
            case DeleteObject delete:
                await writer.DeleteAsync(kind, ns, name, new(delete.Target.Uid, delete.Target.ResourceVersion), cancellation);
                return null;
            case RemoveFields remove:
                return await writer.PatchAsync(kind, ns, name, subresource: null, PatchKind.Merge, manager, PlanBodies.Removal(remove), cancellation);
            case AnnotateObject annotate:
                return await AnnotateAsync(manager, annotate, cancellation);
            default:
                throw new InvalidOperationException($"No way to apply a {write.GetType().Name}.");
        }
    }

    private async Task<ObjectMeta?> AnnotateAsync(string manager, AnnotateObject annotate, CancellationToken cancellation)
    {
        var target = annotate.Target;
        try
        {
            return await writer.PatchAsync(target.Kind, target.Namespace, target.Name, subresource: null, PatchKind.Merge, manager, PlanBodies.Annotations(annotate), cancellation);
        }
        catch (KubernetesException gone) when (gone.IsNotFound)
        {
            // What was to be told of a change is gone, and with it the need to tell it.
            return null;
        }
    }

    private async Task<ObjectMeta?> WriteStatusAsync(string manager, StatusWrite status, CancellationToken cancellation)
    {
        try
        {
            return await writer.ApplyAsync(status.Target.Kind, status.Target.Namespace, status.Target.Name, "status", manager, PlanBodies.Status(status), cancellation);
        }
        catch (KubernetesException gone) when (gone.IsNotFound)
        {
            // Deleted in the meantime: there is nobody left to tell.
            return null;
        }
    }
}

/// <summary>What the API server answered: metadata per write, in the plan's order (null where the object is gone), and of the object whose status was written.</summary>
internal sealed record AppliedPlan(IReadOnlyList<ObjectMeta?> Writes, ObjectMeta? Status)
{
    public static readonly AppliedPlan Nothing = new([], null);
}
