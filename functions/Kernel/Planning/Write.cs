using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using AgentWarden.Kernel.Kubernetes;
using AgentWarden.Kernel.Secrets;

namespace AgentWarden.Kernel.Planning;

/// <summary>One change to one object.</summary>
[JsonDerivedType(typeof(CreateObject), "create"), JsonDerivedType(typeof(ApplyObject), "apply"), JsonDerivedType(typeof(DeleteObject), "delete"), JsonDerivedType(typeof(AnnotateObject), "annotate"), JsonDerivedType(typeof(RemoveFields), "removeFields")]
internal abstract record Write(ObjectReference Target);

/// <summary>Create it only if nothing of that name exists. If something does by now, the plan is stale and the facts are gathered again.</summary>
internal sealed record CreateObject(ObjectReference Target, DesiredObject Object) : Write(Target);

/// <summary>Server-side apply of exactly the fields the function owns, to this very object (the reference's UID and version are preconditions when given).</summary>
internal sealed record ApplyObject(ObjectReference Target, DesiredObject Object) : Write(Target);

/// <summary>Delete this very object (the reference's UID and version are preconditions).</summary>
internal sealed record DeleteObject(ObjectReference Target) : Write(Target);

/// <summary>Set annotations, on the object or at <paramref name="Path"/> inside it (a pod template), and nothing else.</summary>
/// <param name="Target">The object.</param>
/// <param name="Path">Path of the annotations' parent, for example <c>metadata</c> or <c>spec.template.metadata</c>.</param>
/// <param name="Annotations">The annotations to set.</param>
internal sealed record AnnotateObject(ObjectReference Target, string Path, IReadOnlyDictionary<string, string> Annotations) : Write(Target);

/// <summary>Remove what must not be there whoever wrote it: server-side apply only removes what its own manager applied before.</summary>
/// <param name="Target">The object; its UID and version are preconditions when given.</param>
/// <param name="Pointers">JSON pointers of the fields; one that is not there is no fault, since an apply just before may have taken it.</param>
internal sealed record RemoveFields(ObjectReference Target, IReadOnlyList<string> Pointers) : Write(Target);

/// <summary>The fields of an object that a function owns: plain JSON, and beside it the secret data, which never is plain JSON.</summary>
internal sealed record DesiredObject(JsonObject Body)
{
    /// <summary>Goes to <c>data</c>, base64, when the applier sends it.</summary>
    public IReadOnlyDictionary<string, SecretValue>? SecretData { get; init; }
}

/// <summary>The status fields a function owns, for server-side apply on the status subresource.</summary>
internal sealed record StatusWrite(ObjectReference Target, JsonObject Status);
